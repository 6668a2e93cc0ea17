"""The decision core: which intercept may show, and why. Standard library and msgpack only.

It reads no clock, no random source, no network and no JavaScript: everything is an argument.
"""
