"""Programs that move native objects through processes; `python -m demos` lists and runs them."""
