package rtsp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// script is what a publisher over TCP says: its requests, and then packets of every codec.
func script(t testing.TB, name string) [][]byte {
	t.Helper()
	var tracks []*media.Track
	for i, codec := range overRTP() {
		tracks = append(tracks, mediatest.Track(codec, i+1, 48000))
	}
	desc, out := describe(tracks)
	sdp, err := desc.Marshal(false)
	if err != nil {
		t.Fatal(err)
	}
	url := "rtsp://127.0.0.1/live/" + name
	request := func(n int, method, url, more string, body []byte) []byte {
		return append(fmt.Appendf(nil, "%s %s RTSP/1.0\r\nCSeq: %d\r\nUser-Agent: test\r\n%s\r\n", method, url, n, more), body...)
	}
	says := [][]byte{
		request(1, "OPTIONS", url, "", nil),
		request(2, "ANNOUNCE", url, fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n", len(sdp)), sdp),
	}
	for i := range out {
		more := fmt.Sprintf("Session: SESSION\r\nTransport: RTP/AVP/TCP;unicast;mode=record;interleaved=%d-%d\r\n", 2*i, 2*i+1)
		if i == 0 {
			more = strings.TrimPrefix(more, "Session: SESSION\r\n")
		}
		says = append(says, request(3+i, "SETUP", fmt.Sprintf("%s/trackID=%d", url, i), more, nil))
	}
	says = append(says, request(90, "RECORD", url, "Session: SESSION\r\n", nil))
	for i, track := range tracks {
		for _, u := range mediatest.Units(track, 4, 0) {
			packets, err := out[i].pack(u.Payload, u.RandomAccess)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range packets {
				p.Timestamp += uint32(media.Rescale(u.PTS, 48000, uint32(out[i].format.ClockRate())))
				b, err := p.Marshal()
				if err != nil {
					t.Fatal(err)
				}
				says = append(says, append([]byte{'$', byte(2 * i), byte(len(b) >> 8), byte(len(b))}, b...))
			}
		}
	}
	return append(says, request(99, "TEARDOWN", url, "Session: SESSION\r\n", nil))
}

// say plays a script, with what change makes of each part of it. After each request it waits for the answer, as long as that: one that was
// changed may have none, or look like the beginning of something longer. Its error is the connection's.
func say(address string, says [][]byte, change func(i int, b []byte) []byte, wait time.Duration) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	return talk(c, says, change, wait)
}

// talk is say over a connection that stays open.
func talk(c net.Conn, says [][]byte, change func(i int, b []byte) []byte, wait time.Duration) error {
	in := bufio.NewReader(c)
	session := ""
	for i, b := range says {
		isRequest := b[0] != '$'
		if session != "" {
			b = bytes.ReplaceAll(b, []byte("SESSION"), []byte(session))
		}
		if change != nil {
			b = change(i, b)
		}
		if _, err := c.Write(b); err != nil {
			return err
		}
		if !isRequest {
			continue
		}
		_ = c.SetReadDeadline(time.Now().Add(wait))
		for {
			l, err := in.ReadString('\n')
			if err != nil {
				var ne net.Error
				if errors.As(err, &ne) && ne.Timeout() {
					break
				}
				return err
			}
			if v, ok := strings.CutPrefix(l, "Session: "); ok {
				session, _, _ = strings.Cut(strings.TrimSpace(v), ";")
			}
			if strings.TrimSpace(l) == "" {
				break
			}
		}
	}
	return nil
}

// TestMutations plays 10,000 changed scripts at a server that a good publisher pushes to. Nothing panics, nothing is left behind, and the
// good publisher loses nothing.
func TestMutations(t *testing.T) {
	const runs, workers = 10_000, 16
	f := start(t, func(s *Server) {
		s.Limits.MaxConnections = 4 * workers
		s.Limits.IdleTimeout = 10 * patience // the good one says nothing for as long as the others take
		s.Tick, s.LiveTick = time.Millisecond, time.Millisecond
	})
	f.Hub.Attach = func(st *stream.Stream) {
		if st.Key().Stream == "good" {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.streams = append(f.streams, &recorded{Stream: st, Reader: st.NewReader(stream.ReaderOptions{})})
		}
	}
	address := f.Addr().String()
	good := script(t, "good")
	sent := 0
	for _, b := range good {
		if b[0] == '$' {
			sent++
		}
	}
	over := make(chan struct{})
	pushed := make(chan error, 1)
	go func() { // its last request waits until the others are through
		pushed <- say(address, good, func(i int, b []byte) []byte {
			if i == len(good)-1 {
				<-over
			}
			return b
		}, patience)
	}()
	r := f.stream(0)
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(w)))
			says := script(t, fmt.Sprintf("bad%d", w))
			for range runs / workers {
				at := random.IntN(len(says))
				few := says[:min(len(says), at+1+random.IntN(10))]
				_ = say(address, few, func(i int, b []byte) []byte {
					if i == at || random.IntN(20) == 0 {
						return mutate(random, b)
					}
					return b
				}, 100*time.Millisecond)
			}
		})
	}
	work.Wait()
	close(over)
	if err := <-pushed; err != nil && !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	units, end := r.ended(t)
	if end.Reason != stream.EndClient || r.lost != 0 || len(units) != 4*len(overRTP()) {
		t.Errorf("the good publisher: %+v, %d units of %d packets, %d lost", end, len(units), sent, r.lost)
	}
	if s := f.log.String(); strings.Contains(s, "stack=") {
		t.Error("a panic was caught")
	}
	eventually(t, "the others' end", func() bool { return f.Stats().Connections == 0 })
	eventually(t, "the end of their streams", func() bool { return len(f.Hub.List()) == 0 }) // a session ends after its connection
}

// mutate changes a few bytes, leaves some out, or doubles some.
func mutate(random *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + random.IntN(4) {
		if len(b) < 2 {
			return append(b, '\r', '\n')
		}
		at := random.IntN(len(b))
		end := min(len(b), at+1+random.IntN(16))
		switch random.IntN(5) {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			b[at] = byte(random.Uint32())
		case 2:
			b = append(b[:at:at], b[end:]...)
		case 3:
			b = append(b[:end:end], b[at:]...)
		case 4:
			for i := at; i < end; i++ {
				b[i] = byte(random.Uint32())
			}
		}
	}
	return b
}

// FuzzDepacketize reads any packets as those of any codec: each is its length in two bytes and then the packet.
func FuzzDepacketize(f *testing.F) {
	for i, name := range overRTP() {
		track := mediatest.Track(name, 1, 48000)
		_, out := describe([]*media.Track{track})
		var all []byte
		for _, u := range mediatest.Units(track, 3, 0) {
			packets, err := out[0].pack(u.Payload, u.RandomAccess)
			if err != nil {
				f.Fatal(err)
			}
			for _, p := range packets {
				b, err := p.Marshal()
				if err != nil {
					f.Fatal(err)
				}
				all = append(append(all, byte(len(b)>>8), byte(len(b))), b...)
			}
		}
		f.Add(byte(i), false, all)
		f.Add(byte(i), true, all)
	}
	f.Fuzz(func(t *testing.T, codec byte, described bool, b []byte) {
		names := overRTP()
		track := mediatest.Track(names[int(codec)%len(names)], 1, 48000)
		_, out := describe([]*media.Track{track})
		r := receiver{slabs: &media.Slabs{Poison: true}}
		in, err := r.add(out[0].format)
		if err != nil || in == nil {
			t.Fatal(in, err)
		}
		now := time.Unix(1, 0)
		for len(b) >= 2 {
			n := min(len(b)-2, int(b[0])<<8|int(b[1]))
			var p rtp.Packet
			if p.Unmarshal(b[2:2+n]) == nil {
				if described {
					in.arrive(&p, now)
					r.expire(now)
				} else {
					in.packet(&p, now)
				}
			}
			b = b[2+n:]
			now = now.Add(time.Millisecond)
		}
		r.finish(now)
		last, begun := int64(0), false
		_ = r.deliver(func(units []*media.Unit) error {
			for _, u := range units {
				if u.PTS < u.DTS || len(u.Payload) == 0 || u.Track == nil {
					t.Errorf("a unit with PTS %d, DTS %d, %d bytes", u.PTS, u.DTS, len(u.Payload))
				}
				if begun && u.DTS <= last && last-u.DTS < int64(u.Track.Timescale)*jumpedBack {
					t.Errorf("DTS %d after %d", u.DTS, last)
				}
				last, begun = u.DTS, true
				u.Track.Codec.RandomAccess(u.Payload)
			}
			return nil
		})
	})
}
