package mp4

import (
	"fmt"

	"aircheck/recorder/container"
)

// Finish computes the moov of a classic file and the header of the mdat in front of it.
func (Format) Finish(f container.Unfinished) (container.Ending, error) {
	if err := checkTracks(f.Tracks); err != nil {
		return container.Ending{}, err
	}
	tables := make([]table, len(f.Tracks))
	for i, t := range f.Tracks {
		tables[i] = newTable(t, f)
	}
	var reader partReader
	for part, err := range f.Index {
		if err != nil {
			return container.Ending{}, err
		}
		err = reader.parse(part, func(r run) error {
			if r.track >= len(tables) || r.offset+r.bytes() > f.Size {
				return fmt.Errorf("%w: the index does not fit the file", container.ErrCorrupt)
			}
			return tables[r.track].add(r)
		})
		if err != nil {
			return container.Ending{}, err
		}
	}
	m := movieTimes(f.Tracks, tables)
	moov, err := encode(m.moov(tables))
	if err != nil {
		return container.Ending{}, err
	}
	at := int64(newFtyp().Size())
	return container.Ending{
		Trailer: moov,
		Patches: []container.Patch{{Offset: at, Bytes: mdatHead(f.Size - at)}},
		Summary: m.summary(tables),
	}, nil
}

// mdatHead returns the header of an mdat of that size, header included.
func mdatHead(size int64) []byte {
	return be.AppendUint64(append(be.AppendUint32(nil, 1), "mdat"...), uint64(size))
}
