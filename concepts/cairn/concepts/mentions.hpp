// Copyright the Cairn authors
// SPDX-License-Identifier: BSL-1.0
// Whether a type has a member of some name at all, whatever it is, so that "missing" and "wrong" are two messages.
#pragma once

#include <cstdint>
#include <type_traits>

namespace cairn::detail {

/// What can be the matter with a member that a concept asks for.
enum class Fault : std::uint8_t {
  none,
  missing,        ///< there is nothing of that name
  not_static,     ///< it needs an object
  not_const,      ///< it needs an object that is not const
  wants_mutable,  ///< it takes an argument by a reference to non-const
  returns_void,
  returns_other,
  not_callable,  ///< it is there, and no call fits it: private, or other parameters
};

/// Spelt as a call because a compiler explains a failed comparison in three more lines, and a call in none.
consteval bool free_of(Fault found, Fault asked) { return found != asked; }

/// Every name that a ladder asks about. A type that is derived from this and from another finds such a name in both,
/// which is ambiguous, exactly when the other has it too. That holds for overloads, templates and private members,
/// where `&Type::name` answers nothing.
struct EveryName {
  int backend_id, capabilities, config_spec, default_config, empty_store, delete_store, connect_store, release_store;
  int layer_name;
  int read, read_many, root, roots, begin, sweep;
  int put, commit, append, drop, hold;
};

template <class Type>
struct WithEveryName : Type, EveryName {};

template <class Type>
concept Derivable = std::is_class_v<Type> && !std::is_final_v<Type>;

template <class Type>
concept MentionsBackendId =
    (Derivable<Type> && !requires { &WithEveryName<Type>::backend_id; }) || requires { &Type::backend_id; };
template <class Type>
concept MentionsCapabilities =
    (Derivable<Type> && !requires { &WithEveryName<Type>::capabilities; }) || requires { &Type::capabilities; };
template <class Type>
concept MentionsConfigSpec =
    (Derivable<Type> && !requires { &WithEveryName<Type>::config_spec; }) || requires { &Type::config_spec; };
template <class Type>
concept MentionsDefaultConfig =
    (Derivable<Type> && !requires { &WithEveryName<Type>::default_config; }) || requires { &Type::default_config; };
template <class Type>
concept MentionsEmptyStore =
    (Derivable<Type> && !requires { &WithEveryName<Type>::empty_store; }) || requires { &Type::empty_store; };
template <class Type>
concept MentionsDeleteStore =
    (Derivable<Type> && !requires { &WithEveryName<Type>::delete_store; }) || requires { &Type::delete_store; };
template <class Type>
concept MentionsConnectStore =
    (Derivable<Type> && !requires { &WithEveryName<Type>::connect_store; }) || requires { &Type::connect_store; };
template <class Type>
concept MentionsReleaseStore =
    (Derivable<Type> && !requires { &WithEveryName<Type>::release_store; }) || requires { &Type::release_store; };
template <class Type>
concept MentionsLayerName =
    (Derivable<Type> && !requires { &WithEveryName<Type>::layer_name; }) || requires { &Type::layer_name; };

template <class Type>
concept MentionsRead = (Derivable<Type> && !requires { &WithEveryName<Type>::read; }) || requires { &Type::read; };
template <class Type>
concept MentionsReadMany =
    (Derivable<Type> && !requires { &WithEveryName<Type>::read_many; }) || requires { &Type::read_many; };
template <class Type>
concept MentionsRoot = (Derivable<Type> && !requires { &WithEveryName<Type>::root; }) || requires { &Type::root; };
template <class Type>
concept MentionsRoots = (Derivable<Type> && !requires { &WithEveryName<Type>::roots; }) || requires { &Type::roots; };
template <class Type>
concept MentionsBegin = (Derivable<Type> && !requires { &WithEveryName<Type>::begin; }) || requires { &Type::begin; };
template <class Type>
concept MentionsSweep = (Derivable<Type> && !requires { &WithEveryName<Type>::sweep; }) || requires { &Type::sweep; };

template <class Type>
concept MentionsPut = (Derivable<Type> && !requires { &WithEveryName<Type>::put; }) || requires { &Type::put; };
template <class Type>
concept MentionsCommit =
    (Derivable<Type> && !requires { &WithEveryName<Type>::commit; }) || requires { &Type::commit; };
template <class Type>
concept MentionsAppend =
    (Derivable<Type> && !requires { &WithEveryName<Type>::append; }) || requires { &Type::append; };
template <class Type>
concept MentionsDrop = (Derivable<Type> && !requires { &WithEveryName<Type>::drop; }) || requires { &Type::drop; };
template <class Type>
concept MentionsHold = (Derivable<Type> && !requires { &WithEveryName<Type>::hold; }) || requires { &Type::hold; };

}  // namespace cairn::detail
