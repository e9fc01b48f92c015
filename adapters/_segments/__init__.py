"""Segments: large parts of messages in shared memory, handed over from one writer to one reader.

    sender                  message                 receiver
    a free segment,         names the segment  ->   maps it, marks it as taken, and gives the
    filled: handed over                             object its memory; when the last view is gone:
    free again, warm    <-----------------------    marks it as free

A segment is a file of one sender, in memory where there is some. Only the sender fills it, and only
while it is free; from then on, until it is free again, only the receiver of the message reads and
writes it. So there are no locks and no reference counts between processes. Both sides keep their
mappings: the next part of that size costs one copy, without a page fault.

Nothing waits for the other side. Where there is no room, the part stays in the message.

| module | what it holds |
|---|---|
| `header` | the first page of a segment: its state, and who has taken it |
| `sender` | `Sender`: fills free segments, makes new ones, gives up what is not used |
| `segment` | one segment, as its sender has it |
| `receiver` | `take`: the memory of a segment; what becomes of it at a fork |
| `mapping` | one segment, as its receiver has it |
| `ended` | the segments of processes that have ended |
| `home` | `Home`: the folder of segments, and who removes it |
| `limits` | from which size on, and how much memory in all |
| `processes` | whether a process that has taken a segment has ended |
| `body` | a large pickle as a file, whose large objects get large pages |
| `exits` | what is called when a process ends |
| `idle` | the thread that lets memory go that is not used |
"""
