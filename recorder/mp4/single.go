package mp4

import (
	"fmt"
	"io"

	"aircheck/recorder/container"
)

// maxSingle bounds what Single makes for one range, and maxHead the initialization section that Head reads, in bytes.
const (
	maxSingle = 32 << 20
	maxHead   = 4 << 20
)

// enabled is the flag of a track that is played (ISO 14496-12, 8.3.2).
const enabled = 1

// Head returns the initialization section that is in size bytes from offset at on, as it would be if the file had the track with that ID
// alone. container.ErrCorrupt, wrapped, if it does not have that track.
func Head(r io.ReaderAt, at, size int64, id int) ([]byte, error) {
	if at < 0 || size < boxHead || size > maxHead {
		return nil, fmt.Errorf("%w: an initialization section of %d bytes", container.ErrCorrupt, size)
	}
	section, err := container.NewCursor(r, at, at+size).Read(size)
	if err != nil {
		return nil, torn(err)
	}
	var out []byte
	found := false
	err = boxes(section, func(kind string, body []byte) error {
		switch kind {
		case "ftyp":
			out = appendBox(out, kind, body)
		case "moov":
			var moov []byte
			moov, found, err = singleMoov(body, uint32(id))
			out = appendBox(out, kind, moov)
		}
		return err
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: no track %d", container.ErrCorrupt, id)
	}
	return out, err
}

func appendBox(dst []byte, kind string, body []byte) []byte {
	dst = be.AppendUint32(dst, uint32(boxHead+len(body)))
	return append(append(dst, kind...), body...)
}

// singleMoov leaves one track in a moov, which is played then.
func singleMoov(body []byte, id uint32) (moov []byte, found bool, err error) {
	err = boxes(body, func(kind string, body []byte) error {
		switch kind {
		case "trak":
			header := child(body, "tkhd")
			if trackID(header) != id {
				return nil
			}
			found = true
			header[3] |= enabled
		case "mvex":
			var mvex []byte
			err := boxes(body, func(kind string, body []byte) error {
				if kind != "trex" || len(body) >= 8 && be.Uint32(body[4:]) == id {
					mvex = appendBox(mvex, kind, body)
				}
				return nil
			})
			moov = appendBox(moov, kind, mvex)
			return err
		}
		moov = appendBox(moov, kind, body)
		return nil
	})
	return moov, found, err
}

// trackID is what the body of a tkhd says, 0 if it is too short.
func trackID(header []byte) uint32 {
	r := reader{b: header}
	version, _ := r.full()
	r.sized(version)
	r.sized(version)
	return r.u32()
}

// SingleFragment is what a fragment has of one track: Head is the moof with the header of the mdat whose payload are the Size bytes from
// Offset on in the file. DTS is that of the first unit, in the track's clock rate.
type SingleFragment struct {
	Head         []byte
	Offset, Size int64
	DTS          int64
}

// Single returns what the fragments in size bytes from offset at on have of the track with that ID. They must be such as this package
// writes, and of one segment: what is kept in memory is bounded by that, whatever somebody asks for. container.ErrCorrupt, wrapped, if they
// are not.
func Single(r io.ReaderAt, at, size int64, id int) ([]SingleFragment, error) {
	c := container.NewCursor(r, at, at+size)
	f := newFragments(&parsed{tracks: []*parsedTrack{{id: uint32(id)}}})
	var out []SingleFragment
	made := int64(0)
	for c.Left() > 0 {
		begin := c.Pos()
		h, err := peekHead(c)
		if err != nil {
			return nil, torn(err)
		}
		if h.kind == "styp" && begin == at {
			c.Skip(h.size)
			continue
		}
		if h.kind != "moof" {
			return nil, fmt.Errorf("%w: no fragment of the segment at offset %d", container.ErrCorrupt, begin)
		}
		if made += h.size; h.size > maxMoof || made > maxSingle {
			return nil, fmt.Errorf("%w: moofs of more than %d bytes", container.ErrCorrupt, maxSingle)
		}
		c.Skip(h.skip)
		body, err := c.Read(h.size - h.skip)
		if err != nil {
			return nil, torn(err)
		}
		one, err := f.single(body, begin, at+size, uint32(id))
		if err != nil {
			return nil, err
		}
		from := c.Pos()
		if h, err = peekHead(c); err != nil {
			return nil, torn(err)
		}
		c.Skip(h.size)
		switch {
		case one.Size == 0:
		case h.kind != "mdat" || one.Offset < from+h.skip || one.Offset+one.Size > c.Pos():
			return nil, fmt.Errorf("%w: the payload of the moof at offset %d is not behind it", container.ErrCorrupt, begin)
		default:
			out = append(out, one)
		}
	}
	return out, nil
}

// single leaves one track in a moof at offset at; its only one in f.
func (f *fragments) single(body []byte, at, limit int64, id uint32) (one SingleFragment, err error) {
	runs, err := f.moof(body, at, limit)
	if err != nil || len(runs) == 0 {
		return one, err
	}
	if len(runs) > 1 {
		return one, fmt.Errorf("%w: the moof at offset %d has track %d more than once", container.ErrCorrupt, at, id)
	}
	run := runs[0]
	one = SingleFragment{Offset: run.offset, Size: run.bytes(), DTS: run.samples[0].dts}
	moof := make([]byte, 0, len(body))
	err = boxes(body, func(kind string, body []byte) error {
		if kind == "traf" {
			header := child(body, "tfhd")
			if len(header) < 8 || be.Uint32(header[4:]) != id {
				return nil
			}
		}
		moof = appendBox(moof, kind, body)
		return nil
	})
	if err == nil && one.Size > maxUnit {
		err = fmt.Errorf("%w: a fragment of %d bytes", container.ErrCorrupt, one.Size)
	}
	if err != nil {
		return one, err
	}
	one.Head = appendBox(make([]byte, 0, len(moof)+2*boxHead), "moof", moof)
	if !movePayload(one.Head) {
		return one, fmt.Errorf("%w: the moof at offset %d does not say where its payload is", container.ErrCorrupt, at)
	}
	one.Head = append(be.AppendUint32(one.Head, uint32(boxHead+one.Size)), "mdat"...)
	return one, nil
}

// movePayload makes a moof say that its payload lies behind it. It reports false if the moof has no place for that.
func movePayload(moof []byte) bool {
	traf := child(moof[boxHead:], "traf")
	header, run := child(traf, "tfhd"), child(traf, "trun")
	if len(header) < 8 || len(run) < 12 || be.Uint32(header)&tfhdBaseIsMoof == 0 || be.Uint32(run)&trunDataOffset == 0 {
		return false
	}
	be.PutUint32(run[8:], uint32(len(moof)+boxHead))
	return true
}
