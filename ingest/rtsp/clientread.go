package rtsp

import (
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// puller is one try to play a source.
type puller struct {
	client  *Client
	request PlayRequest
	lib     *gortsplib.Client
	address string // that is connected to
	dials   int
	conn    atomic.Pointer[pullConn]
	// udp: packets come one by one. playing: the server has agreed. closing: the connection is not to be read any more.
	udp, playing, closing atomic.Bool
	lastMedia             atomic.Int64 // when, nanoseconds since 1970
	// leftOut is how many tracks are not taken, firstLeft the format of the first one and firstError why.
	leftOut    int
	firstLeft  string
	firstError error

	// mu guards what follows: over UDP, packets and reports come on goroutines of their own.
	mu       sync.Mutex
	recv     receiver
	tracks   map[*description.Media][]*rtpTrack
	formats  map[*rtpTrack]int
	early    []*media.Track // before there is a stream
	promised stream.Expected
	stream   *stream.Stream
	pacing   stream.Pacing
	told     receiverCounts
	opening  bool
	over     error
	failed   chan struct{} // closed when over is set
}

// take makes the tracks of a medium, and reports whether there are any.
func (p *puller) take(m *description.Media) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tracks == nil {
		p.tracks, p.formats = map[*description.Media][]*rtpTrack{}, map[*rtpTrack]int{}
	}
	for i, f := range m.Formats {
		t, err := p.recv.add(f)
		if t == nil {
			if p.leftOut++; p.leftOut == 1 {
				p.firstLeft, p.firstError = f.Codec(), err
			}
			continue
		}
		p.tracks[m] = append(p.tracks[m], t)
		p.formats[t] = i
		p.promised.Known = true
		p.promised.Video = p.promised.Video || t.kind == media.Video
		p.promised.Audio = p.promised.Audio || t.kind == media.Audio
	}
	return len(p.tracks[m]) > 0
}

// listen takes in the packets of a medium.
func (p *puller) listen(m *description.Media) {
	tracks := p.tracks[m]
	for _, t := range tracks {
		p.lib.OnPacketRTP(m, m.Formats[p.formats[t]], func(pkt *rtp.Packet) { p.packet(t, pkt) })
	}
	p.lib.OnPacketRTCP(m, func(pkt rtcp.Packet) {
		sr, ok := pkt.(*rtcp.SenderReport)
		if !ok {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, t := range tracks {
			t.report(sr)
		}
	})
}

// announce is the receiver's.
func (p *puller) announce(t *media.Track) {
	if p.stream == nil {
		p.early = append(p.early, t)
		return
	}
	p.stream.Announce(t)
}

// packet takes a packet in. Over TCP the units are delivered when all that was read is taken in, see pullConn; over UDP at once.
func (p *puller) packet(t *rtpTrack, pkt *rtp.Packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over != nil {
		return
	}
	defer p.survive()
	now := time.Now()
	udp := p.udp.Load()
	if !udp {
		now = p.conn.Load().last
	} else if p.stream != nil {
		p.stream.Received(pkt.MarshalSize(), now)
	}
	t.packet(pkt, now)
	if udp && len(p.recv.units) > 0 {
		p.deliverLocked(now)
	}
}

// survive keeps what a stranger sent from ending the program.
func (p *puller) survive() {
	x := recover()
	if x == nil {
		return
	}
	if p.opening {
		panic(x) // of others, who may not have finished what they had begun
	}
	p.request.Log.Error("packets of a source cannot be read", "error", x, "stack", string(debug.Stack()))
	p.fail(fmt.Errorf("packets cannot be read: %v", x))
}

// fail has the source given up. The mutex is held.
func (p *puller) fail(err error) {
	if p.over == nil {
		p.over = err
		close(p.failed)
	}
}

func (p *puller) overBy() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// deliver hands what was read so far to the stream.
func (p *puller) deliver(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deliverLocked(now)
}

func (p *puller) deliverLocked(now time.Time) {
	if len(p.recv.units) > 0 && p.over == nil {
		p.lastMedia.Store(now.UnixNano())
		p.open()
	}
	if p.over != nil || p.stream == nil {
		_ = p.recv.deliver(func([]*media.Unit) error { return nil })
		return
	}
	p.pacing.Note(p.recv.units, now)
	if err := p.recv.deliver(p.stream.Write); err != nil {
		p.fail(err)
	}
	p.tell()
}

// open opens the stream when the first unit has come.
func (p *puller) open() {
	if p.stream != nil {
		return
	}
	c := p.conn.Load()
	p.opening = true
	st, err := p.request.Publish(addrOf(c.RemoteAddr()), addrOf(c.LocalAddr()))
	if p.opening = false; err != nil {
		p.fail(err)
		return
	}
	p.stream = st
	for _, t := range p.early {
		st.Announce(t)
	}
	p.early = nil
	st.Expect(p.promised)
}

// settle takes in what has come, once the library is closed.
func (p *puller) settle() { p.deliver(time.Now()) }

// tell counts and logs what was lost since it was last called.
func (p *puller) tell() {
	now, was := p.recv.receiverCounts, p.told
	if now == was {
		return
	}
	p.told = now
	c := p.client
	c.packetsLost.Add(now.packets - was.packets)
	c.framesLost.Add(now.frames - was.frames)
	c.badPackets.Add(now.bad - was.bad)
	switch {
	case now.packets != was.packets:
		c.losses.warn(p.request.Log, "packets were lost on the network", "packets", now.packets, "frames_left_out", now.frames)
	case now.bad != was.bad && was.bad == 0:
		c.losses.warn(p.request.Log, "packets of a source cannot be read; the rest is taken", "first_error", errText(p.recv.complaint))
	}
}

// received notes that bytes came over TCP.
func (p *puller) received(n int, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recv.expect = n
	if p.stream != nil {
		p.stream.Received(n, now)
	}
}

// holds reports whether nothing more is to be read for now: the source sends faster than its media plays and a reader cannot keep up.
func (p *puller) holds(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := p.over == nil && p.stream != nil && p.pacing.Holds(now, p.stream.Behind)
	if held {
		p.lastMedia.Store(now.UnixNano())
		p.stream.Received(0, now)
	}
	return held
}

// interval is how often the socket is read.
func (p *puller) interval() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stream != nil && !p.stream.Prompt() {
		return p.client.Tick
	}
	return p.client.LiveTick
}

// pullConn is a connection to a source as the library sees it. While media comes over it, it is read on a tick: see conn.
type pullConn struct {
	net.Conn
	p      *puller
	closed chan struct{}
	once   sync.Once
	// hurried is closed when what has arrived is to be read now.
	hurried chan struct{}
	haste   haste

	// Of the reading goroutine.
	buf   []byte
	r, w  int
	last  time.Time
	eager bool // the last read filled the buffer
	timer *time.Timer
}

// Close is net.Conn's.
func (c *pullConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// Read is net.Conn's.
func (c *pullConn) Read(b []byte) (int, error) {
	if c.r < c.w {
		n := copy(b, c.buf[c.r:c.w])
		c.r += n
		return n, nil
	}
	if !c.p.playing.Load() || c.p.udp.Load() {
		n, err := c.Conn.Read(b)
		c.last = time.Now()
		return n, err
	}
	if err := c.gather(); err != nil {
		return 0, err
	}
	n := copy(b, c.buf[:c.w])
	c.r = n
	return n, nil
}

// gather reads the socket at the next tick.
func (c *pullConn) gather() error {
	c.p.deliver(c.last)
	if err := c.pause(); err != nil {
		return err
	}
	switch {
	case c.buf == nil:
		c.buf = make([]byte, leastRead)
	case c.eager && len(c.buf) < mostRead:
		c.buf = make([]byte, 2*len(c.buf))
	}
	n, err := c.haste.read(c.Conn, c.buf, true)
	c.r, c.w, c.last, c.eager = 0, n, time.Now(), n == len(c.buf)
	if n > 0 {
		c.p.received(n, c.last)
		return nil
	}
	return err
}

// pause waits for the next tick, and for as long as the source is held back. Ticks are the same for all sources.
func (c *pullConn) pause() error {
	every := c.p.interval()
	wait := every - time.Since(c.p.client.begun)%every
	if c.eager {
		wait = 0
	}
	for {
		if wait > 0 {
			if err := c.sleep(wait); err != nil {
				return err
			}
		}
		if c.haste.isBegun() || !c.p.holds(time.Now()) {
			return nil
		}
		wait = holdStep
	}
}

func (c *pullConn) sleep(d time.Duration) error {
	if c.timer == nil {
		c.timer = time.NewTimer(d)
	} else {
		c.timer.Reset(d)
	}
	select {
	case <-c.timer.C:
		return nil
	case <-c.hurried:
		c.timer.Stop()
		return nil
	case <-c.closed:
		c.timer.Stop()
		return net.ErrClosed
	}
}
