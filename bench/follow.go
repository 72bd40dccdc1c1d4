package main

import (
	"bytes"
	"hash/crc32"
	"time"
)

// script is what a publisher sends of one kind of tags, in order, so that each is told by its bytes.
type script struct {
	bodies [][]byte
	// place finds a body by its checksum; those that occur more than once are not in it.
	place map[uint32]int
}

// scripts are those of pictures and of sound in the first length of a clip.
func scripts(c *clip, length time.Duration) map[byte]*script {
	out := map[byte]*script{tagVideo: {}, tagAudio: {}}
	for _, t := range c.tags {
		if s := out[t.kind]; s != nil && !t.config && t.at < length {
			s.bodies = append(s.bodies, t.body)
		}
	}
	for _, s := range out {
		s.index()
	}
	return out
}

func (s *script) index() {
	s.place = map[uint32]int{}
	twice := map[uint32]bool{}
	for i, body := range s.bodies {
		sum := crc32.ChecksumIEEE(body)
		if _, known := s.place[sum]; known {
			twice[sum] = true
		}
		s.place[sum] = i
	}
	for sum := range twice {
		delete(s.place, sum)
	}
}

// follower compares what a player gets with what was sent.
type follower struct {
	scripts map[byte]*script
	next    map[byte]int // the tag that is to come next
	// bytes is the size of what came, as FLV. Missing are tags that others followed, foreign those that nobody sent.
	bytes            int64
	missing, foreign int
	// seen is told the number of every picture; may be nil.
	seen func(n int)
}

func newFollower(s map[byte]*script) *follower { return &follower{scripts: s, next: map[byte]int{}} }

// tag takes the next tag. Every byte of it is compared.
func (f *follower) tag(kind byte, body []byte) {
	f.bytes += int64(len(body) + tagFrame)
	s := f.scripts[kind]
	if s == nil || isConfig(kind, body) || endsSequence(tag{kind: kind, body: body}) {
		return
	}
	n, begun := f.next[kind]
	if !begun || n >= len(s.bodies) || !bytes.Equal(body, s.bodies[n]) {
		at, known := s.place[crc32.ChecksumIEEE(body)]
		switch {
		case !known && !begun: // one of those that cannot be told apart
			return
		case !known || at < n || !bytes.Equal(body, s.bodies[at]):
			f.foreign++
			return
		case begun:
			f.missing += at - n
		}
		n = at
	}
	f.next[kind] = n + 1
	if kind == tagVideo && f.seen != nil {
		f.seen(n)
	}
}

// done: the last tags have come.
func (f *follower) done() bool {
	for kind, s := range f.scripts {
		if f.next[kind] < len(s.bodies) {
			return false
		}
	}
	return true
}

// complete: from where the player began, everything came to the end, and nothing else.
func (f *follower) complete() bool { return f.done() && f.missing == 0 && f.foreign == 0 }
