package rtsp

import (
	"reflect"
	"slices"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/rtcpreceiver"
	"github.com/pion/rtp"
)

const (
	// reorderTime is how long packets wait for one that is missing before them, reorderMost how many.
	reorderTime = 100 * time.Millisecond
	reorderMost = 64
	// beganAnewAfter is how many packets in a row must be older than expected for the numbers to have begun anew.
	beganAnewAfter = 16
)

// reorderer puts the packets of a track that came over UDP in order.
type reorderer struct {
	waiting []early // by sequence number
	old     int     // packets in a row that came too late
}

// early is a packet that came before one that is before it.
type early struct {
	*rtp.Packet
	came time.Time
}

// arrive takes a packet that came over UDP: in any order, more than once, or never.
func (t *rtpTrack) arrive(p *rtp.Packet, now time.Time) {
	ahead := int16(p.SequenceNumber - t.next)
	switch q := &t.order; {
	case !t.begun || ahead == 0:
		q.old = 0
		t.packet(p, now)
		t.goOn(now)
	case ahead < 0:
		if q.old++; q.old >= beganAnewAfter {
			q.old = 0
			t.giveUp(now)
			t.packet(p, now)
		}
	default:
		q.old = 0
		at, double := slices.BinarySearchFunc(q.waiting, p, func(a early, b *rtp.Packet) int {
			return int(int16(a.SequenceNumber - b.SequenceNumber))
		})
		if double {
			return
		}
		q.waiting = slices.Insert(q.waiting, at, early{p, now})
		if len(q.waiting) >= reorderMost {
			t.skip(now)
		}
	}
}

// goOn takes the waiting packets that are next.
func (t *rtpTrack) goOn(now time.Time) {
	n := 0
	for n < len(t.order.waiting) && t.order.waiting[n].SequenceNumber == t.next {
		t.packet(t.order.waiting[n].Packet, now)
		n++
	}
	t.order.waiting = slices.Delete(t.order.waiting, 0, n)
}

// skip takes the first of the waiting packets, without what is missing before it, and those that are next.
func (t *rtpTrack) skip(now time.Time) {
	p := t.order.waiting[0].Packet
	t.order.waiting = slices.Delete(t.order.waiting, 0, 1)
	t.packet(p, now)
	t.goOn(now)
}

// giveUp takes all waiting packets, without what is missing before and between them.
func (t *rtpTrack) giveUp(now time.Time) {
	for len(t.order.waiting) > 0 {
		t.skip(now)
	}
}

// expire gives up what was waited for long enough. Any packet of the session is an occasion.
func (r *receiver) expire(now time.Time) {
	for _, t := range r.tracks {
		for len(t.order.waiting) > 0 && now.Sub(t.order.waiting[0].came) >= reorderTime {
			t.skip(now)
		}
	}
}

// finish gives up all that is waited for.
func (r *receiver) finish(now time.Time) {
	for _, t := range r.tracks {
		t.giveUp(now)
	}
}

// passThrough has the library give away packets of a session as they come. By itself it would hold them back after each loss until 64 more
// had come, which is seconds of sound, and at the end would throw them away; there is no setting for it. It reports false where
// the library is another one than it is made for, which then goes on as it does by itself.
func passThrough(session *gortsplib.ServerSession, m *description.Media, f format.Format) bool {
	medium := reflect.ValueOf(session).Elem().FieldByName("setuppedMedias")
	if medium.Kind() != reflect.Map {
		return false
	}
	if medium = medium.MapIndex(reflect.ValueOf(m)); medium.Kind() != reflect.Pointer {
		return false
	}
	form := medium.Elem().FieldByName("formats")
	if form.Kind() != reflect.Map {
		return false
	}
	if form = form.MapIndex(reflect.ValueOf(f.PayloadType())); form.Kind() != reflect.Pointer {
		return false
	}
	receiver := form.Elem().FieldByName("rtcpReceiver")
	if receiver.Kind() != reflect.Pointer || receiver.Type() != reflect.TypeFor[*rtcpreceiver.RTCPReceiver]() || receiver.IsNil() {
		return false
	}
	(*rtcpreceiver.RTCPReceiver)(receiver.UnsafePointer()).UnrealiableTransport = false
	return true
}
