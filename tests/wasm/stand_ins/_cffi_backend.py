"""In place of what cffi is made of: who needs it is a test of C types, and skipped."""

import pytest

pytest.skip("there is no cffi here", allow_module_level=True)
