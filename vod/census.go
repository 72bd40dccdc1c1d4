package vod

// Count is how many assets of one status and container there are.
type Count struct {
	Status    Status
	Container string
	Assets    int64
	// Bytes of their files, without playlists; of recording assets what they began with.
	Bytes int64
}
