// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Makes queries clause by clause, of variables whose types are known.
#include "generator.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace cairn::queries {
namespace {

constexpr std::size_t first_entity = 100;
constexpr std::size_t number_of_entities = 14;

/// The value that is an entity's alone.
std::string code_of(std::string const& entity) { return "\"c" + entity + '"'; }

std::string constant(Type type, Dice& dice) {
  switch (type) {
    case Type::entity: return std::to_string(first_entity + dice(number_of_entities));
    case Type::number: return std::to_string(dice(7));
    case Type::text: return '"' + std::string(1, static_cast<char>('a' + dice(5))) + '"';
    case Type::keyword: return std::string{":k/"} + static_cast<char>('x' + dice(3));
    case Type::real: return std::to_string(dice(4)) + (dice.percent(50) ? ".5" : ".0");
    case Type::transaction: return std::to_string((std::int64_t{1} << 48) + 1 + static_cast<std::int64_t>(dice(8)));
    case Type::flag: return dice.percent(50) ? "true" : "false";
    case Type::moment: return "#inst \"2020-01-0" + std::to_string(1 + dice(5)) + "T00:00:00.000Z\"";
    case Type::code: return code_of(constant(Type::entity, dice));
    case Type::tag: return "#uuid \"00000000-0000-0000-0000-00000000000" + std::to_string(dice(5)) + '"';
    // Two of them are equal and written differently.
    case Type::price: return dice.one_of(std::vector<std::string>{"0.5M", "1.5M", "1.50M", "2M", "10.25M"});
  }
  return {};
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::entity: return ":db.type/ref";
    case Type::number:
    case Type::transaction: return ":db.type/long";
    case Type::text: return ":db.type/string";
    case Type::keyword: return ":db.type/keyword";
    case Type::real: return ":db.type/double";
    case Type::flag: return ":db.type/boolean";
    case Type::moment: return ":db.type/instant";
    case Type::code: return ":db.type/string";
    case Type::tag: return ":db.type/uuid";
    case Type::price: return ":db.type/bigdec";
  }
  return {};
}

/// A constant as an expression of C++.
std::string in_cpp(Type type, std::string const& constant) {
  if (type == Type::keyword) return "kw(\"" + constant + "\")";
  if (type == Type::tag) return std::string{"uuid_of("} + constant[constant.size() - 2] + ')';
  if (type == Type::price) return "BigDecimal{\"" + constant.substr(0, constant.size() - 1) + "\"}";
  return std::string{cpp_type(type)} + '{' + constant + '}';
}

/// One query while it is made.
class Maker {
 public:
  Maker(RandomData const& data, Dice& dice) : data_{data}, dice_{dice} {}

  RandomQuery make(bool as_maps) {
    if (dice_.percent(30)) add_inputs();
    if (dice_.percent(6)) {
      add_source();
    } else if (dice_.percent(6)) {
      has_other_ = true;
      in_ = " $2" + in_;
    }
    std::string where = pattern_of(fresh(Type::entity));
    for (std::size_t left = dice_(4); left != 0; --left) where += ' ' + clause();
    if (!rules_.empty()) in_ += " %";
    auto const bound = variables();
    std::string find;
    std::string with;
    bool const aggregates = dice_.percent(15);
    std::set<std::string> found;
    auto const width = 1 + dice_(std::min<std::size_t>(3, bound.size()));
    for (std::size_t i = 0; i != width; ++i) {
      auto const& variable = dice_.one_of(bound);
      if (aggregates && i + 1 == width) {
        find += aggregate(variable);
      } else if (found.insert(variable.first).second) {
        find += variable.first + ' ';
      }
    }
    if (find.empty() || (!aggregates && dice_.percent(5))) {
      find = find.empty() ? bound.front().first : '[' + bound.front().first + " ...]";
      found = {bound.front().first};
    }
    if (!aggregates && find.front() != '[' && dice_.percent(6)) {
      auto const known = of(Type::entity);
      if (!known.empty()) find += " (pull " + (has_other_ ? source() + ' ' : "") + dice_.one_of(known) + " [:db/id " + attribute().ident + " {" + attribute(Type::entity).ident + " [*]}])";
    }
    if (dice_.percent(aggregates ? 50 : 8)) {
      for (auto const& variable : bound) {
        if (found.contains(variable.first) || find.find(variable.first + ')') != std::string::npos || !with.empty()) continue;
        with = " :with " + variable.first;
      }
    }
    // Of aggregates alone there is one row, so that it does not matter which.
    if (aggregates && width == 1) {
      auto const shape = dice_(4);
      if (shape == 0) find += " .";
      if (shape == 1) find = '[' + find + ']';
    }
    auto const [rest, is_ordered] = aggregates || find.front() == '[' || find.find('(') != std::string::npos
                                        ? std::pair{having(find), false}
                                        : arranged(find, as_maps);
    return {"[:find " + find + with + (in_.empty() ? "" : " :in $" + in_) + " :where " + where + rest + "]", inputs_, inputs_in_cpp_, rules_,
            has_other_, is_ordered};
  }

 private:
  using Variable = std::pair<std::string, Type>;

  /// What is said of groups: of the aggregate that is found first.
  std::string having(std::string const& find) {
    auto const begin = find.find('(');
    if (begin == std::string::npos || find.find("(pull") != std::string::npos || find.front() == '[' || !dice_.percent(15)) return {};
    auto const call = find.substr(begin, find.find(')') + 1 - begin);
    auto const is_number = std::ranges::any_of(std::vector<std::string_view>{"(count", "(sum", "(avg"},
                                               [&](std::string_view name) { return call.starts_with(name); });
    return " :having [(" + (is_number ? "< " + std::to_string(dice_(4)) + ' ' + call : "not= 1 " + call) + ")]";
  }
  /// Names for what is found, or an order in which no two rows are at the same place, with as many of them as one likes.
  std::pair<std::string, bool> arranged(std::string const& find, bool as_maps) {
    std::vector<std::string> found;
    for (std::size_t at = 0; at < find.size();) {
      auto const end = std::min(find.find(' ', at), find.size());
      if (end != at) found.push_back(find.substr(at, end - at));
      at = end + 1;
    }
    std::string rest;
    if (as_maps && dice_.percent(5)) {
      rest = dice_.percent(40) ? " :keys" : dice_.percent(50) ? " :strs" : " :syms";
      for (std::size_t i = 0; i != found.size(); ++i) rest += " n" + std::to_string(i);
    }
    if (!dice_.percent(8)) return {rest, false};
    rest += " :order-by [";
    for (std::size_t left = found.size(); left != 0; --left) {
      std::swap(found[left - 1], found[dice_(left)]);
      rest += found[left - 1] + (dice_.percent(40) ? " :desc " : dice_.percent(30) ? " :asc " : " ");
    }
    rest += ']';
    if (dice_.percent(50)) rest += " :limit " + std::to_string(dice_(8));
    if (dice_.percent(40)) rest += " :offset " + std::to_string(dice_(4));
    return {rest, true};
  }

  [[nodiscard]] std::vector<Variable> variables() const { return {types_.begin(), types_.end()}; }
  [[nodiscard]] std::vector<std::string> of(Type type) const {
    std::vector<std::string> found;
    for (auto const& [name, its] : types_) {
      if (its == type) found.push_back(name);
    }
    return found;
  }
  std::string fresh(Type type) {
    auto name = "?v" + std::to_string(next_++);
    types_.emplace(name, type);
    return name;
  }
  /// A variable that is there already, more often than not.
  std::string variable(Type type) {
    auto const known = of(type);
    return known.empty() || dice_.percent(30) ? fresh(type) : dice_.one_of(known);
  }

  /// A variable of entities; now and then one of keywords, which are idents of entities and still are none unless a function or an
  /// input gives them.
  std::string entity_variable() {
    auto const keywords = of(Type::keyword);
    return !keywords.empty() && dice_.percent(10) ? dice_.one_of(keywords) : variable(Type::entity);
  }
  /// A variable for the values of an attribute, whose keywords may be those of entities, and the other way round.
  std::string value_variable(Type type) {
    if (type == Type::entity) return entity_variable();
    auto const entities = of(Type::entity);
    return type == Type::keyword && !entities.empty() && dice_.percent(15) ? dice_.one_of(entities) : variable(type);
  }
  std::string ident() { return constant(Type::keyword, dice_); }

  /// One of the databases.
  std::string source() { return has_other_ && dice_.percent(45) ? "$2" : "$"; }
  /// What stands before a clause that asks it, where it is not `$`.
  std::string from() { return source() == "$" ? "" : "$2 "; }

  RandomAttribute const& attribute() { return dice_.one_of(data_.attributes); }
  RandomAttribute const& attribute(Type type) {
    std::vector<std::size_t> fitting;
    for (std::size_t i = 0; i != data_.attributes.size(); ++i) {
      if (data_.attributes[i].type == type) fitting.push_back(i);
    }
    return data_.attributes[dice_.one_of(fitting)];
  }

  std::string pattern() {
    if (dice_.percent(3)) return pattern_of("[:code " + constant(Type::code, dice_) + ']');
    auto const e = dice_.percent(12) ? constant(Type::entity, dice_) : entity_variable();
    return pattern_of(e);
  }
  /// Of an entity that is given.
  std::string pattern_of(std::string const& e) {
    auto const& of = attribute();
    auto const begin = '[' + from() + e;
    if (dice_.percent(5)) return begin + ']';
    auto const kind = dice_(100);
    if (kind >= 95) return begin + ' ' + of.ident + ']';
    if (kind == 94) return begin + " :db/ident " + variable(Type::keyword) + ']';
    bool const by_name = of.type == Type::entity && dice_.percent(6);
    auto const named = [&] { return dice_.percent(50) ? ident() : "[:code " + constant(Type::code, dice_) + ']'; };
    std::string v = kind < 12 ? "_" : kind < 35 ? by_name ? named() : constant(of.type, dice_) : value_variable(of.type);
    std::string rest;
    if (dice_.percent(8)) rest = ' ' + (dice_.percent(70) ? variable(Type::transaction) : "_");
    if (!rest.empty() && dice_.percent(30)) rest += dice_.percent(50) ? " true" : " false";
    return begin + ' ' + of.ident + ' ' + v + rest + ']';
  }

  /// What a negation or an alternative may say of a known entity without binding what others see.
  std::string closed_pattern(std::string const& e) {
    auto const& of = attribute();
    auto const known = this->of(of.type);
    auto const v = !known.empty() && dice_.percent(30) ? dice_.one_of(known) : dice_.percent(60) ? constant(of.type, dice_) : "_";
    return '[' + from() + e + ' ' + of.ident + ' ' + v + ']';
  }

  std::string clause() {
    auto const known = of(Type::entity);
    if (!source_.empty() && dice_.percent(40)) return "[$2 " + variable(Type::entity) + ' ' + variable(*source_.begin()) + ']';
    switch (dice_(16)) {
      case 0:
      case 1: return predicate();
      case 2: return function();
      case 3:
        if (known.empty()) break;
        return "(not " + closed_pattern(dice_.one_of(known)) + (dice_.percent(30) ? ' ' + closed_pattern(dice_.one_of(known)) : "") + ')';
      case 4: {
        if (known.empty()) break;
        auto const& e = dice_.one_of(known);
        auto const& of = attribute();
        return "(not-join [" + e + "] [" + e + ' ' + of.ident + " ?inner] " + (of.type == Type::entity ? "[?inner " + attribute().ident + " _]" : "") + ')';
      }
      case 5: {
        auto const e = variable(Type::entity);
        return "(or " + closed_branch(e) + ' ' + closed_branch(e) + (dice_.percent(30) ? ' ' + closed_branch(e) : "") + ')';
      }
      case 6: {
        auto const e = variable(Type::entity);
        auto const& reference = attribute(Type::entity);
        return "(or-join [" + e + "] [" + e + ' ' + attribute().ident + ' ' + "?inner] (and [" + e + ' ' + reference.ident +
               " ?other] [?other " + attribute().ident + " _]))";
      }
      case 7: return rule_call();
      case 8:
        if (known.empty()) break;
        if (dice_.percent(50)) return "[(missing? " + source() + ' ' + dice_.one_of(known) + ' ' + attribute().ident + ")]";
        {
          auto const e = dice_.one_of(known);
          auto const& of = attribute();
          return "[(get-else " + source() + ' ' + e + ' ' + of.ident + ' ' + constant(of.type, dice_) + ") " + fresh(of.type) + ']';
        }
      case 9: {
        // An attribute that is a variable.
        auto const e = known.empty() ? constant(Type::entity, dice_) : dice_.one_of(known);
        return '[' + e + " ?attribute" + std::to_string(next_++) + " _]";
      }
      case 10: return name();
      case 11: return rarely();
      default: break;
    }
    return known.empty() || dice_.percent(30) ? pattern() : pattern_of(dice_.one_of(known));
  }

  /// What is seldom written.
  std::string rarely() {
    auto const entities = of(Type::entity);
    auto const numbers = of(Type::number);
    switch (dice_(5)) {
      case 0: {
        auto const& counted = attribute(Type::number).ident;
        if (dice_.percent(50)) return "[(q [:find [?inside ...] :where [_ " + counted + " ?inside]] " + source() + ") [" + fresh(Type::number) + " ...]]";
        return "[(q [:find (count ?inside) . :where [?inside " + counted + " _]] $) " + fresh(Type::number) + ']';
      }
      case 1:
        if (entities.empty()) break;
        return "[(get-some " + source() + ' ' + dice_.one_of(entities) + " :number :count) [?attribute" + std::to_string(next_++) + ' ' + fresh(Type::number) + "]]";
      case 2: {
        if (entities.empty() || numbers.empty()) break;
        auto const tuple = "?tuple" + std::to_string(next_++);
        return "[(tuple " + dice_.one_of(entities) + ' ' + dice_.one_of(numbers) + ") " + tuple + "] [(untuple " + tuple + ") [" +
               variable(Type::entity) + ' ' + fresh(Type::number) + "]]";
      }
      case 3:
        if (numbers.empty()) break;
        return "[(-differ? " + dice_.one_of(numbers) + ' ' + constant(Type::number, dice_) + ")]";
      default: break;
    }
    return pattern();
  }

  std::string closed_branch(std::string const& e) {
    auto const one = '[' + from() + e + ' ' + attribute().ident + ' ' + "_]";
    if (dice_.percent(60)) {
      auto const& of = attribute();
      return '[' + e + ' ' + of.ident + ' ' + constant(of.type, dice_) + ']';
    }
    return dice_.percent(50) ? one : "(and " + one + " [" + e + ' ' + attribute().ident + " _])";
  }

  std::string predicate() {
    static std::vector<std::string> const comparisons{"<", ">", "<=", ">=", "=", "not="};
    if (auto const numbers = of(Type::number); !numbers.empty() && dice_.percent(12)) {
      return "[(apart? " + dice_.one_of(numbers) + ' ' + (dice_.percent(50) ? dice_.one_of(numbers) : constant(Type::number, dice_)) + ")]";
    }
    for (auto const type : {Type::price, Type::tag, Type::number, Type::real, Type::text}) {
      auto const known = of(type);
      if (known.empty() || dice_.percent(30)) continue;
      auto const right = known.size() > 1 && dice_.percent(40) ? dice_.one_of(known) : constant(type, dice_);
      auto const left = dice_.one_of(known);
      return "[(" + dice_.one_of(comparisons) + ' ' + (dice_.percent(80) ? left + ' ' + right : right + ' ' + left) + ")]";
    }
    return pattern();
  }
  std::string function() {
    auto const numbers = of(Type::number);
    auto const texts = of(Type::text);
    if (!numbers.empty() && dice_.percent(20)) {
      auto const call = std::string{dice_.percent(50) ? "[(doubled " : "[(half "} + dice_.one_of(numbers) + ") ";
      return call + (dice_.percent(25) ? dice_.one_of(numbers) : fresh(Type::number)) + ']';
    }
    if (!texts.empty() && dice_.percent(15)) return "[(initial " + dice_.one_of(texts) + ") " + fresh(Type::text) + ']';
    if (!numbers.empty() && dice_.percent(60)) {
      static std::vector<std::string> const operations{"+", "-", "*", "max", "min"};
      auto const call = "[(" + dice_.one_of(operations) + ' ' + dice_.one_of(numbers) + ' ' + std::to_string(dice_(3)) + ") ";
      // Sometimes what comes out is compared with what is known.
      return call + (dice_.percent(25) ? dice_.one_of(numbers) : fresh(Type::number)) + ']';
    }
    if (!texts.empty()) return "[(str " + dice_.one_of(texts) + " \"!\") " + fresh(Type::text) + ']';
    if (dice_.percent(50)) return "[(ground [1 2 3]) [" + fresh(Type::number) + " ...]]";
    return "[(ground [" + constant(Type::number, dice_) + ' ' + constant(Type::text, dice_) + "]) [" + fresh(Type::number) + ' ' + fresh(Type::text) + "]]";
  }

  /// What may be a name of an entity: functions make one of keywords that patterns find, and give others.
  std::string name() {
    auto const keywords = of(Type::keyword);
    auto const entities = of(Type::entity);
    switch (dice_(5)) {
      case 0:
        if (keywords.empty()) break;
        return "[(identity " + dice_.one_of(keywords) + ") " + (dice_.percent(30) ? entity_variable() : fresh(Type::entity)) + ']';
      case 1: return "[(ground " + ident() + ") " + variable(dice_.percent(50) ? Type::entity : Type::keyword) + ']';
      case 2: return "[(ground [" + ident() + ' ' + constant(Type::entity, dice_) + ' ' + ident() + "]) [" + fresh(Type::entity) + " ...]]";
      case 3: {
        if (entities.empty()) break;
        auto const& e = dice_.one_of(entities);
        auto const found = fresh(Type::keyword);
        return "(or-join [" + e + ' ' + found + "] [" + e + " :kind " + found + "] (and [" + e + ' ' + attribute().ident + " _] [(" +
               (dice_.percent(50) ? "ground " + ident() : "max 1 " + constant(Type::number, dice_)) + ") " + found + "]))";
      }
      default: break;
    }
    // A keyword that is found, and a pattern that would take it for an entity.
    auto const found = variable(Type::keyword);
    auto const finds = '[' + variable(Type::entity) + " :kind " + found + ']';
    auto const takes = dice_.percent(60) ? '[' + variable(Type::entity) + ' ' + attribute(Type::entity).ident + ' ' + found + ']' : pattern_of(found);
    return dice_.percent(50) ? finds + ' ' + takes : takes + ' ' + finds;
  }

  std::string rule_call() {
    auto const& edge = attribute(Type::entity).ident;
    auto const& other = attribute(Type::entity).ident;
    if (rules_.empty()) {
      auto const& of = attribute();
      rules_ = "[[(reach ?x ?y) [?x " + edge + " ?y]] [(reach ?x ?y) " +
               (dice_.percent(50) ? "[?x " + edge + " ?t] (reach ?t ?y)" : "(reach ?x ?t) [?t " + other + " ?y]") +
               "] [(plain ?x ?y) [?x " + edge + " ?y] [?y " + of.ident + " _]] [(plain ?x ?y) [?y " + other + " ?x]]" +
               " [(even ?x ?y) [?x " + edge + " ?t] (odd ?t ?y)] [(odd ?x ?y) [?x " + other + " ?y]] [(odd ?x ?y) [?x " + edge +
               " ?t] (even ?t ?y)] [(lone [?x]) (not [?x " + edge + " _]) (not [?x " + of.ident + " _])] [(kin ?x ?y) [?x :kind ?y]] [(kin ?x ?y) [?x " + edge + " ?t] (kin ?t ?y)]]";
    }
    static std::vector<std::string> const names{"reach", "reach", "plain", "even", "odd", "kin"};
    auto const argument = [&] { return dice_.percent(15) ? constant(Type::entity, dice_) : dice_.percent(8) ? "_" : entity_variable(); };
    auto const begin = '(' + from();
    if (auto const known = of(Type::entity); !known.empty() && dice_.percent(15)) return begin + "lone " + dice_.one_of(known) + ')';
    auto const x = argument();
    return begin + dice_.one_of(names) + ' ' + x + ' ' + argument() + ')';
  }

  std::string aggregate(Variable const& variable) {
    static std::vector<std::string> const any{"count", "count-distinct", "min", "max", "distinct"};
    static std::vector<std::string> const numeric{"sum", "avg", "median", "variance", "stddev", "min 2", "max 2"};
    bool const is_number = variable.second == Type::number || variable.second == Type::real;
    if (variable.second == Type::number && dice_.percent(15)) return "(width " + variable.first + ')';
    return '(' + dice_.one_of(is_number && dice_.percent(60) ? numeric : any) + ' ' + variable.first + ')';
  }

  /// Rows of a collection to find, beside the database.
  void add_source() {
    auto const type = dice_.one_of(std::vector{Type::number, Type::text, Type::keyword, Type::real, Type::tag, Type::price});
    source_.insert(type);
    in_ += " $2";
    std::string text = "[";
    auto cpp = "std::vector<std::tuple<std::int64_t, " + std::string{cpp_type(type)} + ">>{";
    for (std::size_t i = 1 + dice_(6); i != 0; --i) {
      auto const first = constant(Type::entity, dice_);
      auto const second = constant(type, dice_);
      text += '[' + first + ' ' + second + ']';
      cpp += '{' + in_cpp(Type::entity, first) + ", " + in_cpp(type, second) + "}, ";
    }
    inputs_.push_back(text + ']');
    inputs_in_cpp_.push_back(cpp + '}');
  }

  void add_inputs() {
    for (std::size_t left = 1 + dice_(2); left != 0; --left) {
      auto const type = dice_.one_of(std::vector{Type::entity, Type::entity, Type::number, Type::number, Type::text, Type::keyword, Type::tag, Type::price});
      switch (dice_(4)) {
        case 0:
          in_ += ' ' + fresh(type);
          if (type == Type::entity && dice_.percent(20)) {
            auto const code = constant(Type::code, dice_);
            inputs_.push_back("[:code " + code + ']');
            inputs_in_cpp_.push_back("lookup(\":code\", " + code + ')');
            break;
          }
          inputs_.push_back(constant(type, dice_));
          inputs_in_cpp_.push_back(in_cpp(type, inputs_.back()));
          break;
        case 1: {
          in_ += " [" + fresh(type) + " ...]";
          std::set<std::string> all;
          for (std::size_t i = dice_(4); i != 0; --i) all.insert(constant(type, dice_));
          std::string text = "[";
          auto cpp = "std::vector<" + std::string{cpp_type(type)} + ">{";
          for (auto const& one : all) {
            text += one + ' ';
            cpp += in_cpp(type, one) + ", ";
          }
          inputs_.push_back(text + ']');
          inputs_in_cpp_.push_back(cpp + '}');
          break;
        }
        case 2: {
          in_ += " [" + fresh(type) + ' ' + fresh(Type::number) + ']';
          auto const first = constant(type, dice_);
          auto const second = constant(Type::number, dice_);
          inputs_.push_back('[' + first + ' ' + second + ']');
          inputs_in_cpp_.push_back("std::tuple{" + in_cpp(type, first) + ", " + in_cpp(Type::number, second) + '}');
          break;
        }
        default: {
          in_ += " [[" + fresh(Type::entity) + ' ' + fresh(type) + "]]";
          std::string text = "[";
          auto cpp = "std::vector<std::tuple<std::int64_t, " + std::string{cpp_type(type)} + ">>{";
          for (std::size_t i = dice_(5); i != 0; --i) {
            auto const first = constant(Type::entity, dice_);
            auto const second = constant(type, dice_);
            text += '[' + first + ' ' + second + ']';
            cpp += '{' + in_cpp(Type::entity, first) + ", " + in_cpp(type, second) + "}, ";
          }
          inputs_.push_back(text + ']');
          inputs_in_cpp_.push_back(cpp + '}');
        }
      }
    }
  }

  RandomData const& data_;
  Dice& dice_;
  std::map<std::string, Type> types_;
  std::size_t next_ = 0;
  std::string in_;
  std::vector<std::string> inputs_;
  std::vector<std::string> inputs_in_cpp_;
  std::string rules_;
  bool has_other_ = false;
  std::set<Type> source_;  ///< what the rows of `$2` have in their second column; empty: there is none
};

/// Transactions behind the schema's. `named`: the entity with an ident.
void add_facts(std::vector<RandomAttribute> const& attributes, Dice& dice, std::size_t named, std::vector<std::string>& transactions) {
  for (std::size_t left = 2 + dice(4); left != 0; --left) {
    std::string facts = "[";
    std::set<std::string> said;  // nothing twice in a transaction, nor two values for one
    // Keywords that the data has are idents of entities, too.
    if (transactions.size() == 1) {
      facts += "[:db/add " + std::to_string(named) + " :db/ident :k/x][:db/add " + std::to_string(named + 1 + dice(3)) + " :db/ident :k/y]";
      for (std::size_t number = 0; number != number_of_entities; ++number) {
        auto const e = std::to_string(first_entity + number);
        if (dice.percent(85) && said.insert(e + ":code").second) facts += "[:db/add " + e + " :code " + code_of(e) + ']';
      }
    }
    for (std::size_t number = 30 + dice(40); number != 0; --number) {
      auto const& of = dice.one_of(attributes);
      auto const e = constant(Type::entity, dice);
      auto const v = of.type == Type::code ? code_of(e) : constant(of.type, dice);
      bool const may_repeat = of.many && of.type != Type::price;  // of which two may be the same
      if (!said.insert(e + of.ident + (may_repeat ? v : "")).second) continue;
      facts += (dice.percent(80) ? "[:db/add " : "[:db/retract ") + e + ' ' + of.ident + ' ' + v + ']';
    }
    transactions.push_back(facts + "]");
  }
}

}  // namespace

RandomData make_data(Dice& dice) {
  RandomData data;
  std::string schema = "[";
  static std::vector<std::pair<std::string, Type>> const wanted{{":number", Type::number}, {":count", Type::number}, {":text", Type::text},
                                                                {":word", Type::text},     {":kind", Type::keyword}, {":real", Type::real},
                                                                {":pal", Type::entity},    {":next", Type::entity}, {":flag", Type::flag},
                                                                {":moment", Type::moment}, {":code", Type::code},
                                                                {":tag", Type::tag},       {":price", Type::price}};
  for (auto const& [ident, type] : wanted) {
    bool const many = type != Type::code && type != Type::flag && dice.percent(40);
    data.attributes.push_back({ident, type, many});
    schema += "{:db/ident " + ident + " :db/valueType " + std::string{type_name(type)} + " :db/cardinality :db.cardinality/" +
              (many ? "many" : "one") + (type == Type::code ? " :db/unique :db.unique/identity}" : dice.percent(50) ? " :db/index true}" : "}");
  }
  data.transactions.push_back(schema + "]");
  data.other_transactions = data.transactions;
  add_facts(data.attributes, dice, first_entity, data.transactions);
  add_facts(data.attributes, dice, first_entity + 4, data.other_transactions);
  return data;
}

std::string_view cpp_type(Type type) {
  switch (type) {
    case Type::entity:
    case Type::number:
    case Type::transaction: return "std::int64_t";
    case Type::text: return "std::string_view";
    case Type::keyword: return "Keyword";
    case Type::real: return "double";
    case Type::flag: return "bool";
    case Type::moment: return "Instant";
    case Type::code: return "std::string_view";
    case Type::tag: return "Uuid";
    case Type::price: return "BigDecimal";
  }
  return {};
}

RandomQuery make_query(RandomData const& data, Dice& dice, bool as_maps) { return Maker{data, dice}.make(as_maps); }

}  // namespace cairn::queries
