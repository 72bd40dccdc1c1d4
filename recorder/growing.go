package recorder

import (
	"fmt"
	"time"

	"aircheck/recorder/container"
)

// writePlaylist adds to the playlist what has been written.
func (o *output) writePlaylist() error {
	if o.list == nil {
		return nil
	}
	o.entries = o.list.Playlist(o.entries[:0])
	if len(o.entries) == 0 {
		return nil
	}
	if o.playlist == nil {
		f, err := o.disk.create(playlistName(o.id))
		if err != nil {
			return fmt.Errorf("create the playlist: %w", err)
		}
		o.playlist = f
	}
	if err := o.playlist.writeAt(o.entries, o.listed); err != nil {
		return fmt.Errorf("write the playlist: %w", err)
	}
	o.listed += int64(len(o.entries))
	return nil
}

// playable reports whether there is something to be shown of the growing file.
func (o *output) playable() bool {
	if o.list != nil {
		return o.listed > 0
	}
	return o.written.Load() > o.head
}

// file describes the growing file.
func (o *output) file(m *Manager) File {
	f := File{
		ID: o.id, Spec: o.spec, StorageID: m.StorageID, ObjectKey: mediaName(o.id, o.spec.Format), Size: o.written.Load(),
		Start: o.start, End: o.wall.UTC().Truncate(time.Millisecond), Summary: container.Summary{Duration: o.at},
	}
	if o.list != nil {
		f.PlaylistKey = playlistName(o.id)
	}
	for _, t := range o.now {
		f.Summary.Tracks = append(f.Summary.Tracks, container.TrackSummary{Track: t})
	}
	f.Name = fileName(f.Spec, f.Start.In(m.Location), f.Start.In(m.Location))
	return f
}
