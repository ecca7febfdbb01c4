"""Values for property tests of the wire documents."""

from __future__ import annotations

from hypothesis import strategies as st

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
"""Anything that JSON can carry."""

ANY_TEXT = st.text(st.characters())
"""Any text of Python's, lone surrogates among its characters."""
