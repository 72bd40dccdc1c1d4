package mediatest

import "aircheck/ingest/media"

// Lend copies units into a slab that makes what is read after its release recognisable. The caller holds the slab until done.
func Lend(units []*media.Unit) (lent []*media.Unit, done func()) {
	size := 0
	for _, u := range units {
		size += len(u.Payload)
	}
	slab := (&media.Slabs{Poison: true}).Get(size)
	for _, u := range units {
		c := slab.NewUnit()
		c.Track, c.PTS, c.DTS, c.Wall, c.RandomAccess = u.Track, u.PTS, u.DTS, u.Wall, u.RandomAccess
		c.Payload = slab.Take(len(u.Payload))
		copy(c.Payload, u.Payload)
		lent = append(lent, c)
	}
	return lent, slab.Release
}
