"""Replays: many submissions read again from raw, in the background, after a parser or a peer was mended."""
