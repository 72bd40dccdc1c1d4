package rtmp

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"testing"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

// cat joins bytes.
func cat(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// nalu is a payload of one NAL unit of n bytes that differs with seed; P pictures unless idr.
func nalu(idr bool, seed, n int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(n))
	head := byte(0x41)
	if idr {
		head = 0x65
	}
	b = append(b, head)
	for i := 1; i < n; i++ {
		b = append(b, byte(i*7+seed))
	}
	return b
}

// picture is the body of a message with an H.264 picture.
func picture(payload []byte) []byte { return cat([]byte{0x27, 1, 0, 0, 0}, payload) }

func videoConfig() []byte {
	return cat([]byte{0x17, 0, 0, 0, 0}, mediatest.H264(1, 1000).Codec.Config())
}

func audioConfig() []byte { return cat([]byte{0xaf, 0}, mediatest.AAC(2, 1000).Codec.Config()) }

// sound is the body of a message with a frame of AAC.
func sound(payload ...byte) []byte { return cat([]byte{0xaf, 1}, payload) }

// wanted is a unit that must arrive.
type wanted struct {
	track   int
	dts     int64
	payload []byte
}

// configs sends the configurations of both tracks.
func (c *client) configs(ts uint32) {
	c.message(6, ts, 9, 1, videoConfig())
	c.message(5, ts, 8, 1, audioConfig())
}

// ordinary begins as most encoders do.
func (c *client) ordinary() { c.begin("key"); c.configs(0) }

// publisherCases are what publishers do, or may do. All of them stay, and their media arrives.
func publisherCases() []publisherCase {
	v, w := nalu(false, 1, 295), nalu(false, 2, 95) // of three chunks and of one
	pv, pw := picture(v), picture(w)
	one := []wanted{{1, 5, v}}
	// after runs a deviation between the beginning and a picture.
	after := func(name string, f func(c *client)) publisherCase {
		return publisherCase{name, func(c *client) { c.ordinary(); f(c); c.message(6, 5, 9, 1, pv) }, one}
	}
	// beginning runs a deviation of connect and publish before a picture.
	beginning := func(name string, f func(c *client)) publisherCase {
		return publisherCase{name, func(c *client) {
			f(c)
			c.expect("NetStream.Publish.Start")
			c.configs(0)
			c.message(6, 5, 9, 1, pv)
		}, one}
	}
	cases := []publisherCase{
		{"nothing unusual", func(c *client) {
			c.ordinary()
			c.message(6, 40, 9, 1, pv)
			c.message(5, 45, 8, 1, sound(1, 2))
		}, []wanted{{1, 40, v}, {2, 45, []byte{1, 2}}}},
		{"enhanced H.265", func(c *client) {
			c.begin("key")
			hevc := mediatest.H265(1, 1000)
			c.message(6, 0, 9, 1, cat([]byte{0x90}, []byte("hvc1"), hevc.Codec.Config()))
			c.message(6, 40, 9, 1, cat([]byte{0xa3}, []byte("hvc1"), v))
		}, []wanted{{1, 40, v}}},
		after("zero-length messages", func(c *client) {
			c.message(5, 1, 8, 1, nil)
			c.message(6, 1, 9, 1, nil)
			c.message(3, 1, 20, 0, nil)
		}),
		after("abort", func(c *client) {
			c.send(header(6, 1, 300, 9, 1), pv[:128])
			c.message(2, 0, 2, 0, be32(6))
		}),
		after("a header inside a message", func(c *client) { c.send(header(6, 1, 300, 9, 1), pv[:128]) }),
		after("a command of type 17", func(c *client) { c.message(3, 1, 17, 0, cat([]byte{0}, amf("ping", 9.0, nil))) }),
		after("metadata of type 15", func(c *client) {
			c.message(3, 1, 15, 1, cat([]byte{0}, amf("@setDataFrame", "onMetaData", nil)))
		}),
		after("an unknown type", func(c *client) { c.message(3, 1, 99, 0, make([]byte, 1000)) }),
		after("an unknown user control event", func(c *client) { c.message(2, 1, 4, 0, []byte{0, 31, 0, 0, 0, 1}) }),
		after("short control messages", func(c *client) {
			for kind := byte(1); kind < 8; kind++ {
				c.message(2, 1, kind, 0, []byte{0})
			}
		}),
		after("a ping", func(c *client) {
			c.message(2, 1, 4, 0, []byte{0, 6, 1, 2, 3, 4})
			eventually(c.t, "the answer to a ping", func() bool { return c.got(4, []byte{0, 7, 1, 2, 3, 4}) })
		}),
		after("a window of 0", func(c *client) {
			c.message(2, 1, 5, 0, be32(0))
			for i := range 20 {
				c.message(5, uint32(i), 8, 1, nil)
			}
		}),
		after("metadata without @setDataFrame", func(c *client) {
			c.message(5, 1, 18, 1, cat(amf("onMetaData"), []byte{8, 0, 0, 0, 0, 0, 0, 9}))
		}),
		after("onTextData", func(c *client) { c.message(5, 1, 18, 1, amf("onTextData", "hi")) }),
		after("metadata of 1 MB", func(c *client) { c.message(5, 1, 18, 1, cat(amf("onMetaData"), make([]byte, 1<<20))) }),
		after("_checkbw", func(c *client) { c.command(1, "_checkbw", 5.0, nil) }),
		after("an unknown command", func(c *client) { c.command(0, "squeeze", 5.0, nil, []property{{"a", true}}) }),
		after("a stray _result", func(c *client) { c.command(0, "_result", 5.0, nil) }),
		after("deleteStream of another stream", func(c *client) { c.command(0, "deleteStream", 5.0, nil, 9.0) }),
		after("a command that is cut short", func(c *client) { c.message(3, 0, 20, 0, amf("pause", 5.0, nil, "x")[:17]) }),
		after("a command without a name", func(c *client) { c.command(0, 5.0, 5.0) }),
		after("publish once more", func(c *client) {
			c.command(1, "publish", 5.0, nil, "other", "live")
			c.expect("NetStream.Publish.BadName")
		}),
		after("play while publishing", func(c *client) { c.command(1, "play", 5.0, nil, "other") }),
		after("a chunk size of 2^31-1", func(c *client) {
			c.message(2, 0, 1, 0, be32(1<<31-1))
			c.chunk = maxChunkSize
		}),
		after("a chunk size of 1", func(c *client) { c.setChunk(1) }),
		after("tags of 1 to 5 bytes", func(c *client) {
			for n := 1; n <= 5; n++ {
				for _, first := range []byte{0x17, 0x27, 0x1c, 0x80, 0x90, 0x91, 0x96, 0x97, 0xaf, 0x95, 0x00, 0x57, 0xff} {
					c.message(6, 1, 9, 1, cat([]byte{first, 1}, make([]byte, 4))[:n])
					c.message(5, 1, 8, 1, cat([]byte{first, 5}, make([]byte, 4))[:1])
				}
			}
		}),
		after("a bad configuration", func(c *client) {
			c.message(6, 1, 9, 1, []byte{0x17, 0, 0, 0, 0, 1, 2, 3})
			c.message(6, 2, 9, 1, videoConfig())
		}),
		after("pictures before their configuration", func(c *client) {
			c.message(6, 1, 9, 1, cat([]byte{0x9c, 0x1}, []byte("hvc1"), v))
			c.message(6, 1, 9, 1, cat([]byte{0x2c, 1, 0, 0, 0}, v))
		}),
		beginning("undefined in connect", func(c *client) {
			args := cat([]byte{3, 0, 3}, []byte("app"), amf("live"), []byte{0, 7}, []byte("pageUrl"), []byte{amfUndefined}, []byte{0, 0, 9})
			c.message(3, 0, 20, 0, cat(amf("connect", 1.0), args))
			c.publish("key")
		}),
		beginning("fpad as a number", func(c *client) { c.connect(property{"fpad", 0.0}); c.publish("key") }),
		beginning("codecs of enhanced RTMP", func(c *client) {
			c.connect(property{"fourCcList", []any{"hvc1", "av01"}}, property{"capsEx", 3.0},
				property{"videoFourCcInfoMap", []property{{"hvc1", 4.0}}})
			c.expect("_result", "fourCcList", "av01", "videoFourCcInfoMap", "hvc1", "capsEx")
			c.publish("key")
		}),
		beginning("connect with an ECMA array", func(c *client) {
			args := cat([]byte{8, 0, 0, 0, 1, 0, 3}, []byte("app"), amf("live"), []byte{0, 0, 9})
			c.message(3, 0, 20, 0, cat(amf("connect", 1.0), args))
			c.publish("key")
		}),
		beginning("a number for the app", func(c *client) { c.connect(property{"app", 1.0}); c.publish("key") }),
		beginning("publish without a type", func(c *client) { c.connect(); c.command(1, "publish", 3.0, nil, "key", nil) }),
		beginning("publish on stream 0", func(c *client) { c.connect(); c.command(0, "publish", 3.0, nil, "key", "live") }),
		beginning("all that old encoders ask", func(c *client) {
			c.connect()
			c.command(0, "releaseStream", 2.0, nil, "key")
			c.command(0, "FCPublish", 3.0, nil, "key")
			c.command(0, "_checkbw", 4.0, nil)
			c.command(0, "getStreamLength", 5.0, nil, "key")
			c.publish("key")
		}),
		beginning("everything at once", func(c *client) {
			c.send(c.chunks(3, 0, 20, 0, amf("connect", 1.0, []property{{"app", "live"}}), true),
				c.chunks(3, 0, 20, 0, amf("createStream", 2.0, nil), true),
				c.chunks(4, 0, 20, 1, amf("publish", 3.0, nil, "key", "live"), true),
				c.chunks(6, 0, 9, 1, videoConfig(), true), c.chunks(5, 0, 8, 1, audioConfig(), true))
		}),
		{"media on another stream id", func(c *client) { c.ordinary(); c.message(6, 5, 9, 7, pv) }, one},
		{"closeStream, then publish again", func(c *client) {
			c.begin("first")
			c.configs(0)
			c.command(1, "closeStream", 5.0, nil)
			c.message(6, 3, 9, 1, pv) // to nobody
			c.command(1, "publish", 6.0, nil, "key", "live")
			c.configs(0)
			c.message(6, 5, 9, 1, pv)
		}, one},
		{"chunk stream ids of 2 bytes", func(c *client) {
			c.ordinary()
			c.send([]byte{0, 10}, header(0, 5, len(pw), 9, 1)[1:], pw)
			c.send([]byte{0xc0, 10}, pw)
		}, []wanted{{1, 5, w}, {1, 10, w}}},
		{"chunk stream ids of 3 bytes", func(c *client) {
			c.ordinary()
			c.send([]byte{1, 10, 1}, header(0, 5, len(pv), 9, 1)[1:], pv[:128])
			c.send([]byte{0xc1, 10, 1}, pv[128:256], []byte{0xc1, 10, 1}, pv[256:])
		}, one},
	}
	return slices.Concat(cases, timeCases(), chunkCases(), contentCases(), commandCases())
}

type publisherCase struct {
	name string
	do   func(c *client)
	want []wanted
}

// got reports whether the server sent a message with that body.
func (c *client) got(kind byte, body []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.said {
		if byte(m.kind) == kind && bytes.Equal(m.body, body) {
			return true
		}
	}
	return false
}

// TestPublishers checks that the publisher stays and that its media arrives, with both ways of reading sockets, with headers of type 0
// throughout and with the shortest.
func TestPublishers(t *testing.T) {
	for _, ca := range publisherCases() {
		t.Run(ca.name, func(t *testing.T) {
			t.Parallel()
			gatherers(t, func(t *testing.T, portable bool) { ca.run(t, portable, false) })
			t.Run("short headers", func(t *testing.T) { ca.run(t, false, true) })
		})
	}
}

func (ca publisherCase) run(t *testing.T, portable, packed bool) {
	f := start(t, func(s *Server) { s.portable = portable })
	c := f.dial()
	c.packed = packed
	ca.do(c)
	r := f.named("key")
	compare(t, r.await(t, len(ca.want)), ca.want)
	if c.closed() {
		t.Error("the publisher was disconnected")
	}
	_ = c.Conn.(*net.TCPConn).CloseWrite()
	if units, end := r.ended(t); end.Reason != stream.EndClient || len(units) != len(ca.want) {
		t.Errorf("end: %+v after %d units", end, len(units))
	}
}

func compare(t *testing.T, got []*media.Unit, want []wanted) {
	t.Helper()
	for i, u := range got[:min(len(got), len(want))] {
		if w := want[i]; u.Track.ID != w.track || u.DTS != w.dts || u.PTS != w.dts || !bytes.Equal(u.Payload, w.payload) {
			t.Errorf("unit %d: track %d, DTS %d, PTS %d, %d bytes; want track %d, DTS %d, %d bytes",
				i, u.Track.ID, u.DTS, u.PTS, len(u.Payload), w.track, w.dts, len(w.payload))
		}
	}
}
