"""The other side of chats, as a test plays it: participants, flows, scans of files, and what hears notifications."""
