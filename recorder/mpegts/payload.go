package mpegts

import (
	"bytes"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
)

// sound returns the payload of a unit of sound.
func (d *Demuxer) sound(i int, frame []byte) ([]byte, error) {
	s := &d.program.streams[i]
	switch {
	case s.streamType == typeAAC:
		return d.adts(i, frame)
	case s.track.Codec != nil:
		if !isFrame(s.track.Codec, frame) {
			return nil, d.corrupt("no frame of %s", s.track.Codec.Name())
		}
		return frame, nil
	}
	name := "mp3"
	if s.streamType == typeAC3 {
		name = "ac3"
	}
	c, err := media.FromUnit(name, media.Audio, nil, frame)
	if err != nil {
		return nil, d.corrupt("%v", err)
	}
	return frame, d.know(i, c)
}

// isFrame reports whether a unit of MP3 or AC-3 begins with a header that tells its parameters.
func isFrame(c media.Codec, frame []byte) bool {
	_, err := media.FromUnit(c.Name(), media.Audio, nil, frame)
	return err == nil
}

// adts returns the payload of an ADTS frame.
func (d *Demuxer) adts(i int, frame []byte) ([]byte, error) {
	s := &d.program.streams[i]
	if s.track.Codec == nil {
		c, _, _, ok := container.ParseADTS(frame)
		if !ok {
			return nil, d.corrupt("no ADTS frame")
		}
		if err := d.know(i, c); err != nil {
			return nil, err
		}
	}
	size := len(frame) - container.ADTSSize
	if size < 1 || size > container.MaxADTSPayload || !bytes.HasPrefix(frame, s.adts.Append(d.scratch[:0], size)) {
		return nil, d.corrupt("bad ADTS frame")
	}
	return frame[container.ADTSSize:], nil
}

// picture returns the payload of a byte stream. entry tells that it must have parameter sets.
func (d *Demuxer) picture(i int, unit []byte, entry bool) ([]byte, error) {
	if !toLengths(unit) {
		return nil, d.corrupt("no access unit delimiter")
	}
	if entry && !survey(unit).sets {
		return nil, d.corrupt("random access unit without parameter sets")
	}
	_, payload := cutNALU(unit)
	s := &d.program.streams[i]
	if s.track.Codec == nil {
		c := newH264(leading(payload))
		if c == nil {
			return nil, d.corrupt("picture without parameter sets")
		}
		if err := d.know(i, c); err != nil {
			return nil, err
		}
	}
	if rest := withoutSets(payload, s.sets); len(rest) > 0 {
		return rest, nil
	}
	return unit, nil // nothing else to be had
}

// know sets the parameters of a track that had none.
func (d *Demuxer) know(i int, c media.Codec) error {
	s := &d.program.streams[i]
	k, err := codingOf(c)
	if err != nil {
		return d.corrupt("%v", err)
	}
	if k.streamType != s.streamType {
		return d.corrupt("a unit of another codec than the PMT says")
	}
	t := *s.track
	t.Codec = c
	s.track, s.coding = &t, k
	d.tracks = slices.Clone(d.tracks)
	d.tracks[i] = &t
	return nil
}
