"""Cost statements of ad platforms: files as they are downloaded, read into spend."""
