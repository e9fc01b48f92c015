"""In place of what registers the types of native."""
