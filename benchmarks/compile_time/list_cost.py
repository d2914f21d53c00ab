#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""What a list of 16 backends, and a configuration of 64 fields, cost a compiler's front end.

For each compiler that is there: the median of seven, taken in turn, of `-std=c++20 -fsyntax-only` on a unit that
dispatches over one backend and over 16; and on one that reads, validates and describes a configuration of one field and of
64. Prints rows for benchmarks/table.py.

usage: list_cost.py [COMPILER...]
"""
import json
import pathlib
import shutil
import statistics
import sys
import tempfile

from include_cost import seconds

ROUNDS = 7
LIST = """#include <cairn/backends/mem/backend.hpp>
#include <cairn/meta/fixed_string.hpp>
#include <cairn/store/backend_list.hpp>
template <cairn::meta::fixed_string Id>
struct Named : cairn::backends::mem::Backend {{
  static constexpr std::string_view backend_id = Id.view();
}};
using List = cairn::BackendList<{entries}>;
std::size_t size_of(std::string_view id) {{
  return List::dispatch(id, []<class Backend>(std::type_identity<Backend>) {{ return sizeof(Backend); }});
}}
"""
CONFIG = """#include <cairn/config/describe.hpp>
#include <cairn/config/load.hpp>
struct Config {{
{fields}
}};
struct Backend {{
  static constexpr std::string_view backend_id = "mine";
  using Config = ::Config;
}};
std::size_t size_of(std::string_view text) {{
  return cairn::config::to_edn(cairn::load_config<Backend>(text)).size() + cairn::config::describe<Config>().size();
}}
"""
KINDS = ["int", "std::string", "bool", "cairn::ByteSize", "std::optional<std::string>", "std::uint16_t", "cairn::Sync", "double"]


def list_of(count):
    return LIST.format(entries=", ".join(f'Named<"backend-{number}">' for number in range(count)))


def config_of(count):
    return CONFIG.format(fields="\n".join(f"  {KINDS[number % len(KINDS)]} field_{number} = {{}};" for number in range(count)))


UNITS = {"list_1": list_of(1), "list_16": list_of(16), "config_1": config_of(1), "config_64": config_of(64)}


def measure(compiler, directory):
    times = {name: [] for name in UNITS}
    for _ in range(ROUNDS):
        for name in UNITS:
            times[name].append(seconds(compiler, directory / f"{name}.cpp"))
    median = {name: statistics.median(found) for name, found in times.items()}
    row = {"unit": "s", "better": "less", "compare": False}
    for what, few, many in (("dispatch over 16 backends", "list_1", "list_16"), ("a configuration of 64 fields", "config_1", "config_64")):
        print(json.dumps({"what": f"{what}, {compiler}", "cairn": median[many], "peer": "one", "of_peer": median[few], **row}))
        print(json.dumps({"what": "... more than one", "cairn": median[many] - median[few], "peer": None, "of_peer": None, **row}),
              flush=True)


def main():
    compilers = sys.argv[1:] or ["g++", *(f"clang++-{version}" for version in range(21, 15, -1))]
    found = [compiler for compiler in compilers if shutil.which(compiler)]
    if not sys.argv[1:]:
        found = found[:2]  # g++ and the newest clang
    with tempfile.TemporaryDirectory() as directory:
        for name, text in UNITS.items():
            (pathlib.Path(directory) / f"{name}.cpp").write_text(text)
        for compiler in found:
            measure(compiler, pathlib.Path(directory))


if __name__ == "__main__":
    main()
