package relay

import "slices"

// append puts a block into the log and forgets what is too old.
func (f *feed) append(b *block) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b.access {
		f.access = len(f.blocks)
	}
	f.blocks = append(f.blocks, b)
	f.bytes += len(b.whole)
	needed := f.first + uint64(len(f.blocks))
	for _, p := range f.players {
		needed = min(needed, p.next)
		if p.direct == nil {
			p.signal()
		}
	}
	gone := 0
	for _, old := range f.blocks {
		unwanted := gone < f.access && (f.first+uint64(gone) < needed || b.wall.Sub(old.wall) > f.relay.maxDelay())
		if !unwanted && f.bytes <= f.relay.maxBytes() {
			break
		}
		f.bytes -= len(old.whole)
		old.unit.Release()
		gone++
	}
	f.first += uint64(gone)
	f.access = max(f.access-gone, -1)
	f.blocks = slices.Delete(f.blocks, 0, gone)
}

// next returns what a player gets next, nothing if it has all there is; over tells that the stream has ended, too. What is returned is in hold,
// which is retained, or the player's own.
func (f *feed) next(p *Player) (rest []byte, hold *block, over bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.started && p.next < f.first {
		p.started = false
		p.skips++
		f.relay.skips.Add(1)
	}
	if !p.started {
		b := f.enter(p)
		if b == nil {
			return nil, nil, f.ended
		}
		if head := f.start(p, b); len(head) > 0 {
			return head, nil, false
		}
	}
	i := int(p.next - f.first)
	if i >= len(f.blocks) {
		return nil, nil, f.ended
	}
	b := f.blocks[i]
	b.unit.Retain()
	p.next++
	if p.opts.Chunked {
		return b.whole, b, false
	}
	return b.data(), b, false
}

// newest returns the number of the newest access point, or of the next block if there is none.
func (f *feed) newest() uint64 {
	if f.access < 0 {
		return f.first + uint64(len(f.blocks))
	}
	return f.first + uint64(f.access)
}

// enter gives a player the place of the first access point there was when it came or that came since, and returns that; after a loss it is the
// newest.
func (f *feed) enter(p *Player) *block {
	if p.next < f.first {
		p.next = f.newest()
	}
	for i := int(p.next - f.first); i < len(f.blocks); i++ {
		if f.blocks[i].access {
			p.started, p.next = true, f.first+uint64(i)
			return f.blocks[i]
		}
	}
	return nil
}

// start returns what a player gets in front of its first block, which may hold seconds and is therefore not copied for each of them.
func (f *feed) start(p *Player, b *block) (out []byte) {
	e := f.relay.Encoding
	if !p.begun {
		p.begun = true
		out = e.Begin(out, b.tracks)
	}
	if b.known == 0 {
		out = e.Config(out, b.tracks, b.ms)
	}
	if p.opts.Chunked && len(out) > 0 { // a chunk without content is the end
		return frame(out)
	}
	return out
}
