package mpegts

import (
	"fmt"
	"io"

	"aircheck/recorder/container"
)

// Counters appends the continuity_counters as Resume wants them: of PAT and PMT, then of the tracks, as far as there were any.
func (m *Muxer) Counters(dst []byte) []byte {
	n := MaxTracks
	for n > 0 && m.counters[n-1] == 0 {
		n--
	}
	dst = append(dst, m.counters[counterPAT], m.counters[counterPMT])
	return append(dst, m.counters[:n]...)
}

// Resume makes the Muxer of a stream of which size bytes are in r again, SetTracks and then Tables to be called next. From offset from
// on, where Counters were those given, it reads the head of each packet. It returns ErrCorrupt, wrapped, for what Muxer does not write.
func Resume(r io.ReaderAt, from, size int64, counted []byte) (*Muxer, error) {
	m := &Muxer{pat: appendPAT(nil)}
	if len(counted) > counters || from < 0 || from > size {
		return nil, fmt.Errorf("%w: resume at %d of %d bytes with %d counters", container.ErrCorrupt, from, size, len(counted))
	}
	if len(counted) >= 2 {
		m.counters[counterPAT], m.counters[counterPMT] = counted[0]&0xf, counted[1]&0xf
		for i, c := range counted[2:] {
			m.counters[i] = c & 0xf
		}
	}
	c := container.NewCursor(r, from, size)
	for ; c.Left() > 0; c.Skip(packetSize) {
		b, err := c.Peek(packetSize)
		if err != nil {
			return nil, err
		}
		if err := m.follow(b); err != nil {
			return nil, fmt.Errorf("resume a transport stream at %d: %w", c.Pos(), err)
		}
	}
	return m, nil
}

// follow takes over what a packet says of the muxer that wrote it.
func (m *Muxer) follow(b []byte) error {
	pid := int(b[1]&0x1f)<<8 | int(b[2])
	i := pid - pidTracks
	switch {
	case b[0] != syncByte:
		return fmt.Errorf("%w: no sync byte", container.ErrCorrupt)
	case pid == pidPAT:
		i = counterPAT
	case pid == pidPMT:
		t, _, ok := parsePMT(b)
		if !ok {
			return fmt.Errorf("%w: bad PMT", container.ErrCorrupt)
		}
		m.version = t.section[5] >> 1 & 0x1f
		i = counterPMT
	case i < 0 || i >= MaxTracks:
		return fmt.Errorf("%w: nothing is expected on PID %#x", container.ErrCorrupt, pid)
	}
	m.counters[i] = (b[3] + 1) & 0xf
	return nil
}
