"""The adapters of a program that is built as ports and adapters."""
