"""Reads the formats of profiles: folded stacks, speedscope's JSON and pprof's protobuf."""

import gzip
from collections import Counter


def read_folded(text: str) -> Counter:
    """Returns the microseconds of each stack, a tuple of functions, the outermost first."""
    stacks = Counter()
    for line in text.splitlines():
        stack, _, time = line.rpartition(" ")
        stacks[tuple(stack.split(";"))] += int(time)
    return stacks


def share(stacks: Counter, function: str) -> float:
    """Returns the part of the time in which the function was on the stack."""
    return sum(time for stack, time in stacks.items() if function in stack) / stacks.total()


def read_speedscope(document: dict) -> list:
    """Returns the stacks of each profile, as read_folded() does, in seconds."""
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    names = [frame["name"] for frame in document["shared"]["frames"]]
    profiles = []
    for profile in document["profiles"]:
        assert profile["type"] == "sampled" and profile["unit"] == "seconds"
        assert len(profile["samples"]) == len(profile["weights"])
        stacks = Counter()
        for sample, weight in zip(profile["samples"], profile["weights"]):
            stacks[tuple(names[frame] for frame in sample)] += weight
        assert abs(stacks.total() - profile["endValue"] + profile["startValue"]) < 1e-3
        profiles.append(stacks)
    return profiles


def _varint(data: bytes, at: int) -> tuple:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def _packed(data: bytes) -> list:
    values, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values


def _fields(data: bytes) -> dict:
    fields, at = {}, 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def read_pprof(data: bytes) -> list:
    """Returns the stacks of wall-clock time and of CPU time, in nanoseconds. A function has its
    line after a colon."""
    profile = _fields(gzip.decompress(data))
    texts = [text.decode() for text in profile[6]]
    types = [_fields(each) for each in profile[1]]
    assert [(texts[t[1][0]], texts[t[2][0]]) for t in types] == [
        ("wall", "nanoseconds"), ("cpu", "nanoseconds")]
    functions = {f[1][0]: texts[f[2][0]] for f in map(_fields, profile.get(5, []))}
    locations = {}
    for location in map(_fields, profile.get(4, [])):
        line = _fields(location[4][0])
        locations[location[1][0]] = f"{functions[line[1][0]]}:{line[2][0]}"
    clocks = [Counter(), Counter()]
    for sample in map(_fields, profile.get(2, [])):
        stack = tuple(locations[each] for each in reversed(_packed(sample[1][0])))
        for clock, value in zip(clocks, _packed(sample[2][0])):
            if value:
                clock[stack] += value
    return clocks
