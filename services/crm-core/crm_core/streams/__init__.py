"""The live stream: the feed as server-sent events, and the tickets that open it where no header can be sent."""
