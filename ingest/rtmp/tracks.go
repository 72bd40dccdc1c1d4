package rtmp

import (
	"bytes"
	"errors"
	"fmt"

	"aircheck/ingest/media"
)

// announced is a configuration that does not tell enough by itself.
type announced struct {
	codec  string
	config []byte
}

// configure starts a track, or changes its parameters. A configuration that does not tell the size of the pictures waits for a unit
// that does.
func (r *unitReader) configure(p *part) error {
	if len(p.body) > maxConfigSize {
		return fmt.Errorf("%s: a configuration of %d bytes, at most %d are allowed", p.codec, len(p.body), maxConfigSize)
	}
	if len(p.body) == 0 && media.TellsItself(p.codec) || p.codec == "mp3" || p.codec == "ac3" {
		return nil // the first unit tells everything
	}
	codec, err := media.New(p.codec, p.kind, bytes.Clone(p.body))
	if err != nil {
		return err
	}
	if w, _ := sizeOf(codec); w == 0 && media.TellsItself(p.codec) && p.kind == media.Video {
		return r.wait(p, codec)
	}
	_, err = r.put(p, codec)
	return err
}

// wait keeps a configuration until its first unit.
func (r *unitReader) wait(p *part, codec media.Codec) error {
	id := p.track()
	if r.pending[id].codec == "" && r.tracks[id] == nil && r.full() {
		return errManyTracks
	}
	if r.pending == nil {
		r.pending = map[int]announced{}
	}
	r.pending[id] = announced{p.codec, codec.Config()}
	if r.promise != nil {
		r.promise(r.videos())
	}
	return nil
}

// videos counts the tracks of pictures, those that wait included.
func (r *unitReader) videos() (n int) {
	for id, t := range r.tracks {
		if t.Codec.Kind() == media.Video && r.pending[id].codec == "" {
			n++
		}
	}
	return n + len(r.pending) // of sound none waits
}

// full reports whether there can be no more tracks.
func (r *unitReader) full() bool { return len(r.tracks)+len(r.pending) >= maxTracks }

// trackOf returns the track that a part's frames belong to, with the parameters they have. It is nil, without an error, for
// frames that come before their configuration or before a picture that tells it.
func (r *unitReader) trackOf(p *part) (*media.Track, error) {
	id := p.track()
	t := r.tracks[id]
	if t == nil || t.Codec.Name() != p.codec || r.pending[id].codec == p.codec {
		return r.begin(p, t)
	}
	switch c := t.Codec.(type) {
	case media.InBand:
		if next := c.After(p.body); next != media.Codec(c) {
			return r.put(p, next)
		}
	case *media.G711:
		if c.Channels() != p.channels() {
			return r.begin(p, nil)
		}
	}
	return t, nil
}

// begin starts a track with a unit, or goes on with the one there is where the unit does not tell the new parameters.
func (r *unitReader) begin(p *part, old *media.Track) (*media.Track, error) {
	var config []byte
	if a := r.pending[p.track()]; a.codec == p.codec {
		config = a.config
	}
	switch p.codec {
	case "g711a", "g711u":
		config = media.SoundConfig(8000, p.channels())
	case "h264", "h265", "aac":
		r.early++
		return nil, nil
	}
	codec, err := media.FromUnit(p.codec, p.kind, config, p.body)
	if errors.Is(err, media.ErrNoParameters) {
		if old != nil && old.Codec.Name() == p.codec {
			return old, nil
		}
		r.early++
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return r.put(p, codec)
}

// channels is how many channels a legacy message of sound has.
func (p *part) channels() int {
	if p.stereo {
		return 2
	}
	return 1
}

// put makes the codec that of the part's track, and returns the track.
func (r *unitReader) put(p *part, codec media.Codec) (*media.Track, error) {
	if codec.Kind() != p.kind {
		return nil, fmt.Errorf("%s in a message of %s", p.codec, p.kind)
	}
	id := p.track()
	old := r.tracks[id]
	delete(r.pending, id)
	if old == nil && r.full() {
		return nil, errManyTracks
	}
	if old != nil && media.SameParameters(old.Codec, codec) && lengthSize(old.Codec) == lengthSize(codec) {
		return old, nil
	}
	if r.tracks == nil {
		r.tracks = map[int]*media.Track{}
	}
	t := &media.Track{ID: id, Codec: codec, Timescale: timescale}
	r.tracks[id] = t
	if r.announce != nil {
		r.announce(t)
	}
	return t, nil
}

// sizeOf returns the size of a codec's pictures.
func sizeOf(c media.Codec) (width, height int) {
	if v, ok := c.(media.VideoCodec); ok {
		return v.Size()
	}
	return 0, 0
}
