"""Libraries and engines that need a few lines of their own, one per file, imported on demand."""
