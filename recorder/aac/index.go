package aac

import (
	"encoding/binary"
	"fmt"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// counts is what an index part tells: frames, and bytes of their payloads.
type counts struct{ frames, bytes int64 }

func (c *counts) add(size int) {
	c.frames++
	c.bytes += int64(size)
}

func (c *counts) join(d counts) {
	c.frames += d.frames
	c.bytes += d.bytes
}

// size is the length of the frames with their headers.
func (c counts) size() int64 { return c.frames*container.ADTSSize + c.bytes }

// append appends an index part: two varints, or nothing for no frames.
func (c counts) append(dst []byte) []byte {
	if c.frames == 0 {
		return dst
	}
	return binary.AppendUvarint(binary.AppendUvarint(dst, uint64(c.frames)), uint64(c.bytes))
}

// parsePart adds an index part of a file that is limit bytes long.
func (c *counts) parsePart(part []byte, limit int64) error {
	for len(part) > 0 {
		frames, n := binary.Uvarint(part)
		part = part[max(n, 0):]
		bytes, m := binary.Uvarint(part)
		part = part[max(m, 0):]
		if n <= 0 || m <= 0 || frames == 0 || bytes < frames || bytes > uint64(max(limit, 0)) {
			return fmt.Errorf("read index part: %w", container.ErrCorrupt)
		}
		c.join(counts{int64(frames), int64(bytes)})
		if c.size() > limit {
			return fmt.Errorf("%w: the index tells of %d bytes in a file of %d", container.ErrCorrupt, c.size(), limit)
		}
	}
	return nil
}

// Finish changes nothing: it adds up what the file holds. The duration is what plays, and the track's times are those of its
// frames when they play without holes.
func (Format) Finish(f container.Unfinished) (container.Ending, error) {
	h, err := newHead(f.Tracks)
	if err != nil {
		return container.Ending{}, err
	}
	var sum counts
	for part, err := range f.Index {
		if err == nil {
			err = sum.parsePart(part, f.Size)
		}
		if err != nil {
			return container.Ending{}, err
		}
	}
	track := container.TrackSummary{
		Track: h.track, Units: sum.frames, Bytes: sum.bytes, Last: h.plays(max(sum.frames-1, 0)),
	}
	return container.Ending{Summary: container.Summary{
		Duration: h.plays(sum.frames), Tracks: []container.TrackSummary{track},
	}}, nil
}

// trackOf returns the track of a file whose frames are of that kind.
func trackOf(c *media.AAC) *media.Track {
	return &media.Track{ID: 1, Codec: c, Timescale: uint32(c.SampleRate())}
}
