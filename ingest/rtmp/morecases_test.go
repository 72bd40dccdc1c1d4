package rtmp

import (
	"fmt"

	"aircheck/ingest/media/mediatest"
)

// lastPicture sends a picture, 5 ms after the beginning.
func (c *client) lastPicture() { c.message(6, 5, 9, 1, picture(nalu(false, 1, 295))) }

// lastPicture is the unit of it.
func lastPicture() wanted { return wanted{1, 5, nalu(false, 1, 295)} }

// during runs a deviation between the beginning and the last picture.
func during(name string, f func(c *client), before ...wanted) publisherCase {
	do := func(c *client) { c.ordinary(); f(c); c.lastPicture() }
	return publisherCase{name, do, append(before, lastPicture())}
}

// first runs a deviation of connect and publish before the only picture.
func first(name string, f func(c *client)) publisherCase {
	return publisherCase{name, func(c *client) {
		f(c)
		c.expect("NetStream.Publish.Start")
		c.configs(0)
		c.lastPicture()
	}, []wanted{lastPicture()}}
}

// flash is the message of a client that asked for AMF3: a byte, then values of AMF0.
func (c *client) flash(streamID uint32, values ...any) {
	c.t.Helper()
	c.message(3, 0, 17, streamID, cat([]byte{0}, amf(values...)))
}

// commandCases are about connect, publish and other commands.
func commandCases() []publisherCase {
	const refused = "NetStream.Publish.BadName"
	return []publisherCase{
		first("queries on the name and on tcUrl", func(c *client) {
			c.connect(property{"tcUrl", "rtmp://example.com/live?a=b"})
			c.publish("key?token=1")
		}),
		first("undefined as AMF says it", func(c *client) {
			args := cat([]byte{3, 0, 3}, []byte("app"), amf("live"), []byte{0, 7}, []byte("pageUrl"), []byte{amfUndefined, 0, 0, 9})
			c.message(3, 0, 20, 0, cat(amf("connect", 1.0), args))
			c.publish("key")
		}),
		first("connect with AMF3", func(c *client) {
			c.flash(0, "connect", 1.0, []property{{"app", "live"}, {"objectEncoding", 3.0}})
			c.expect("_result", "NetConnection.Connect.Success")
			c.flash(0, "createStream", 2.0, nil)
			c.flash(1, "publish", 3.0, nil, "key", "live")
		}),
		first("connect twice", func(c *client) { c.connect(property{"app", "other"}); c.connect(); c.publish("key") }),
		first("connect with arguments behind", func(c *client) {
			c.command(0, "connect", 1.0, []property{{"app", "live"}}, "user", "password", nil)
			c.publish("key")
		}),
		first("commands before connect", func(c *client) {
			c.command(0, "_checkbw", 0.0)
			c.command(0, "FCUnpublish", 0.0, nil, "key")
			c.command(0, "deleteStream", 0.0, nil, 1.0)
			c.connect()
			c.publish("key")
		}),
		first("createStream twice", func(c *client) { c.connect(); c.command(0, "createStream", 2.0, nil); c.publish("key") }),
		first("publish with a name alone", func(c *client) { c.connect(); c.command(1, "publish", 3.0, nil, "key") }),
		first("publish to record", func(c *client) { c.connect(); c.command(1, "publish", 3.0, nil, "key", "record") }),
		first("publish false, then publish", func(c *client) {
			c.connect()
			c.command(1, "publish", 3.0, nil, false)
			c.publish("key")
		}),
		first("media before publish", func(c *client) {
			c.connect()
			c.configs(0)
			c.message(6, 1, 9, 1, picture(nalu(true, 1, 3000)))
			c.message(5, 1, 18, 1, amf("onMetaData", []property{{"width", 1.0}}))
			c.publish("key")
		}),
		first("a message that begins before publish and ends after", func(c *client) {
			c.connect()
			body := picture(nalu(true, 1, 295))
			c.send(header(7, 1, len(body), 9, 1), body[:128])
			c.publish("key")
			c.expect("NetStream.Publish.Start")
			c.send([]byte{0xc7}, body[128:256], []byte{0xc7}, body[256:])
		}),
		during("a name in FCUnpublish that is another's", func(c *client) {
			c.command(1, "publish", 5.0, nil, "other", "live")
			c.expect(refused)
			c.command(0, "FCUnpublish", 6.0, nil, "other")
		}),
		during("FCUnpublish of a longer name", func(c *client) { c.command(0, "FCUnpublish", 6.0, nil, "key2?key") }),
		during("connect and createStream while publishing", func(c *client) {
			c.command(0, "connect", 5.0, []property{{"app", "other"}})
			c.command(0, "createStream", 6.0, nil)
		}),
		during("commands without values", func(c *client) {
			for _, name := range []string{
				"createStream", "play2", "FCPublish", "releaseStream", "_checkbw", "getStreamLength", "onStatus", "_error", "pause", "seek",
				"receiveAudio", "receiveVideo", "FCSubscribe", "",
			} {
				c.command(0, name)
			}
		}),
		during("commands of AMF3 values", func(c *client) {
			c.message(3, 1, 17, 0, cat([]byte{0}, amf("x", 1.0), []byte{0x11, 0x0a, 0x0b, 1}))
			c.message(3, 1, 17, 0, []byte{0x0a, 0x0b, 1})
		}),
		during("metadata of AMF3 values", func(c *client) {
			c.message(5, 1, 15, 1, cat([]byte{0}, amf("@setDataFrame", "onMetaData"), []byte{0x11, 0x0a, 0x0b, 1}))
			c.message(5, 1, 15, 1, amf("onMetaData", []property{{"width", 320.0}})) // no byte before them
		}),
		during("metadata with and without @setDataFrame, again and again", func(c *client) {
			for i := range 5 {
				c.message(4, uint32(i), 18, 1, amf("@setDataFrame", "onMetaData", []property{{"videocodecid", 7.0}}))
				c.message(4, uint32(i), 18, 1, amf("onMetaData", []property{{"videocodecid", "avc1"}, {"encoder", "x"}}))
				c.message(4, uint32(i), 18, 1, amf("@clearDataFrame", "onMetaData"))
			}
		}),
		during("metadata that is none", func(c *client) {
			for _, values := range [][]any{
				{}, {"onMetaData"}, {"@setDataFrame"}, {"@setDataFrame", "onMetaData"}, {"onMetaData", 1.0}, {1.0}, {[]any{"onMetaData"}},
			} {
				c.message(4, 1, 18, 1, amf(values...))
			}
		}),
		during("other data messages", func(c *client) {
			for _, name := range []string{"onCuePoint", "onFI", "onCaptionInfo", "onXMPData", "onPlayStatus", "|RtmpSampleAccess"} {
				c.message(4, 1, 18, 1, amf(name, []property{{"sd", "20-11-2026"}, {"st", "20:00:00.000"}}))
			}
		}),
	}
}

// contentCases are about the media itself, and its order.
func contentCases() []publisherCase {
	v, w := nalu(false, 1, 295), nalu(false, 2, 95)
	pv, pw := picture(v), picture(w)
	other := cat([]byte{0xaf, 0}, mediatest.OtherAAC(2, 1000).Codec.Config())
	fourCC := func(first byte, code string, parts ...[]byte) []byte {
		return cat([]byte{first}, []byte(code), cat(parts...))
	}
	return []publisherCase{
		{"no sound", func(c *client) {
			c.begin("key")
			c.message(6, 0, 9, 1, videoConfig())
			c.message(6, 40, 9, 1, pv)
		}, []wanted{{1, 40, v}}},
		{"no pictures", func(c *client) {
			c.begin("key")
			c.message(4, 0, 8, 1, audioConfig())
			c.message(4, 21, 8, 1, sound(1, 2))
			c.message(4, 43, 8, 1, sound(1, 2))
		}, []wanted{{2, 21, []byte{1, 2}}, {2, 43, []byte{1, 2}}}},
		{"pictures three seconds after sound", func(c *client) {
			c.begin("key")
			c.message(5, 0, 8, 1, audioConfig())
			for i := range uint32(3) {
				c.message(5, i*1000, 8, 1, sound(byte(i)+1))
			}
			c.message(6, 3000, 9, 1, videoConfig())
			c.message(6, 3000, 9, 1, pv)
		}, []wanted{{2, 0, []byte{1}}, {2, 1000, []byte{2}}, {2, 2000, []byte{3}}, {1, 3000, v}}},
		{"sound and pictures on one chunk stream", func(c *client) {
			c.begin("key")
			c.message(4, 0, 9, 1, videoConfig())
			c.message(4, 0, 8, 1, audioConfig())
			c.message(4, 40, 9, 1, pv)
			c.message(4, 43, 8, 1, sound(1))
			c.message(4, 80, 9, 1, pv)
		}, []wanted{{1, 40, v}, {2, 43, []byte{1}}, {1, 80, v}}},
		{"configurations before each picture", func(c *client) {
			c.begin("key")
			for i := range uint32(3) {
				c.configs(i * 40)
				c.message(6, i*40, 9, 1, pv)
			}
		}, []wanted{{1, 0, v}, {1, 40, v}, {1, 80, v}}},
		{"another configuration in the middle", func(c *client) {
			c.ordinary()
			c.message(5, 1, 8, 1, sound(1))
			c.message(5, 2, 8, 1, other)
			c.message(5, 2, 8, 1, sound(2))
			c.message(6, 3, 9, 1, pw)
			c.message(6, 4, 9, 1, cat([]byte{0x1c, 0, 0, 0, 0}, mediatest.H265(1, 1000).Codec.Config()))
			c.message(6, 4, 9, 1, cat([]byte{0x2c, 1, 0, 0, 0}, w))
			c.message(6, 5, 9, 1, videoConfig())
			c.message(6, 5, 9, 1, pv)
		}, []wanted{{2, 1, []byte{1}}, {2, 2, []byte{2}}, {1, 3, w}, {1, 4, w}, {1, 5, v}}},
		during("the end of a sequence", func(c *client) {
			c.message(6, 1, 9, 1, []byte{0x17, 2, 0, 0, 0})
			c.message(6, 1, 9, 1, fourCC(0x92, "avc1"))
			c.message(5, 1, 8, 1, fourCC(0x92, "mp4a"))
		}),
		during("information frames", func(c *client) {
			c.message(6, 1, 9, 1, []byte{0x57, 0})
			c.message(6, 1, 9, 1, []byte{0x57, 1, 0, 0, 0, 1})
			c.message(6, 1, 9, 1, []byte{0xd0, 1})
		}),
		{"a codec that nobody knows", func(c *client) {
			c.begin("key")
			c.message(6, 0, 9, 1, fourCC(0x90, "zz99", []byte("configuration")))
			c.message(6, 1, 9, 1, fourCC(0x91, "zz99", v))
			c.message(5, 2, 8, 1, fourCC(0x91, "yy99", w))
		}, []wanted{{1, 1, v}, {2, 2, w}}},
		during("a codec of bytes that are no text", func(c *client) {
			c.message(6, 1, 9, 1, fourCC(0x90, "\x00\x01\x02\xff", v))
			c.message(6, 1, 9, 1, []byte{0x1f, 1, 2, 3})
			c.message(5, 1, 8, 1, []byte{0xcf, 1, 2, 3})
		}),
		{"two tracks of pictures in one message", func(c *client) {
			c.begin("key")
			avc := mediatest.H264(1, 1000).Codec.Config()
			size := func(b []byte) []byte { return be32(uint32(len(b)))[1:] }
			c.message(6, 0, 9, 1, cat([]byte{0x96, 0x10}, []byte("avc1"), []byte{0}, size(avc), avc, []byte{1}, size(avc), avc))
			c.message(6, 40, 9, 1, cat([]byte{0xa6, 0x13}, []byte("avc1"), []byte{0}, size(v), v, []byte{1}, size(w), w))
		}, []wanted{{1, 40, v}, {3, 40, w}}},
		{"times that go back", func(c *client) {
			c.ordinary()
			c.message(6, 5000, 9, 1, pv)
			c.message(6, 4000, 9, 1, pw)
			c.message(5, 4500, 8, 1, sound(1))
		}, []wanted{{1, 5000, v}, {1, 4000, w}, {2, 4500, []byte{1}}}},
		during("an aggregate that is none", func(c *client) {
			c.message(6, 1, 22, 1, videoConfig())
			c.message(6, 1, 22, 1, []byte{9, 0, 0})
			c.message(6, 1, 22, 1, append([]byte{9, 0xff, 0xff, 0xff}, make([]byte, 300)...))
		}),
		during("an aggregate of nothing", func(c *client) {
			c.message(6, 1, 22, 1, make([]byte, 15*20))
			c.message(6, 1, 22, 1, cat([]byte{20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, []byte{2}, be32(12)))
		}),
		{"an aggregate with metadata and without sizes at its end", func(c *client) {
			c.ordinary()
			meta := amf("onMetaData", []property{{"width", 1.0}})
			c.message(6, 100, 22, 1, cat([]byte{18, 0, 0, byte(len(meta)), 0, 0, 7, 0, 0, 0, 0}, meta, be32(uint32(len(meta)+11)),
				[]byte{9, 0, 0, byte(len(pw)), 0, 0, 17, 0, 0, 0, 0}, pw))
		}, []wanted{{1, 110, w}}},
	}
}

// chunkCases are about chunks, their sizes, and control messages.
func chunkCases() []publisherCase {
	v, w := nalu(false, 1, 295), nalu(false, 2, 95)
	pv, pw := picture(v), picture(w)
	cases := []publisherCase{
		during("empty messages of every type", func(c *client) {
			for kind := range 256 {
				c.message(7, 1, byte(kind), 1, nil)
			}
		}),
		during("messages of every type that has no meaning", func(c *client) {
			known := [256]bool{1: true, 8: true, 9: true, 20: true, 22: true}
			for kind := range 256 {
				if !known[kind] {
					c.message(7, 1, byte(kind), uint32(kind), cat([]byte{0, 9, 0, 0}, make([]byte, 300)))
				}
			}
		}),
		{"empty messages between those of a chunk stream", func(c *client) {
			c.ordinary()
			c.send(header(7, 10, 0, 9, 1), []byte{0x47, 0, 0, 10, 0, 0, 0, 9}, []byte{0x87, 0, 0, 10}, []byte{0xc7})
			c.send([]byte{0x47, 0, 0, 10, 0, 0, byte(len(pw)), 9}, pw)
		}, []wanted{{1, 50, w}}},
		{"an empty message on the chunk stream of an unfinished one", func(c *client) {
			c.ordinary()
			c.send(header(6, 1, len(pv), 9, 1), pv[:128], header(6, 2, 0, 9, 1), header(6, 3, len(pw), 9, 1), pw)
		}, []wanted{{1, 3, w}}},
		during("an abort of nothing", func(c *client) {
			c.message(2, 0, 2, 0, be32(6))
			c.message(2, 0, 2, 0, be32(2))
			c.message(2, 0, 2, 0, be32(77))
			c.message(2, 0, 2, 0, be32(0xffffffff))
		}),
		{"an abort of another chunk stream's message", func(c *client) {
			c.ordinary()
			c.send(header(6, 4, len(pv), 9, 1), pv[:128], header(7, 5, len(pv), 9, 1), pv[:128], c.chunks(2, 0, 2, 0, be32(7), true),
				[]byte{0xc6}, pv[128:256], []byte{0xc6}, pv[256:], header(7, 6, len(pw), 9, 1), pw)
		}, []wanted{{1, 4, v}, {1, 6, w}}},
		during("messages begun anew again and again", func(c *client) {
			for range 100 {
				c.send(header(6, 1, 300_000, 9, 1), pv[:128])
			}
		}),
		during("a bandwidth and acknowledgements", func(c *client) {
			c.message(2, 0, 6, 0, cat(be32(2_500_000), []byte{2}))
			for i := range uint32(10) {
				c.message(2, 0, 3, 0, be32(i*1000))
			}
		}),
		during("a window of 1 KB", func(c *client) {
			c.message(2, 0, 5, 0, be32(minWindow))
			for i := range 20 {
				c.message(5, 0, 8, 1, sound(make([]byte, 600)...)[:2+i%2]) // too short to hold sound, or one byte of it
			}
			c.message(5, 0, 99, 1, make([]byte, 2000))
			eventually(c.t, "an acknowledgement", func() bool { return c.gotKind(3) })
		}, tinySounds(10)...),
		{"no acknowledgement of 6 MB", func(c *client) {
			c.ordinary()
			c.setChunk(4096)
			for i := range uint32(6) {
				c.message(6, i*40, 9, 1, picture(nalu(false, int(i), 1<<20)))
			}
		}, []wanted{
			{1, 0, nalu(false, 0, 1<<20)},
			{1, 40, nalu(false, 1, 1<<20)},
			{1, 80, nalu(false, 2, 1<<20)},
			{1, 120, nalu(false, 3, 1<<20)},
			{1, 160, nalu(false, 4, 1<<20)},
			{1, 200, nalu(false, 5, 1<<20)},
		}},
		{"sixty chunk streams", func(c *client) {
			c.ordinary()
			for i := range byte(58) {
				c.message(6+i%58, 5, 99, 1, []byte{1})
			}
			c.message(60, 5, 9, 1, pv)
		}, []wanted{{1, 5, v}}},
		{"chunk stream ids from 64 on, interleaved", func(c *client) {
			c.ordinary()
			c.send([]byte{0, 0}, header(0, 40, len(pv), 9, 1)[1:], pv[:128],
				[]byte{1, 255, 255}, header(0, 40, len(pv), 9, 1)[1:], pv[:128],
				[]byte{0xc1, 0, 0}, pv[128:256], []byte{0xc1, 255, 255}, pv[128:256], // the first by its longer name
				[]byte{0xc0, 0}, pv[256:], []byte{0xc1, 255, 255}, pv[256:])
		}, []wanted{{1, 40, v}, {1, 40, v}}},
		{"sound, pictures and data chunk by chunk", interleaved, interleavedUnits()},
		{"the chunk size changes at every chunk of a message", func(c *client) {
			c.ordinary()
			c.send(header(6, 40, len(pv), 9, 1), pv[:128])
			for left, size := pv[128:], 1; len(left) > 0; size++ {
				n := min(size, len(left))
				c.send(c.chunks(2, 0, 1, 0, be32(uint32(size)), true), []byte{0xc6}, left[:n])
				c.chunk = size
				left = left[n:]
			}
		}, []wanted{{1, 40, v}}},
		{"a picture as large as a message can be", func(c *client) {
			c.ordinary()
			c.setChunk(65536)
			c.message(6, 5, 9, 1, picture(nalu(false, 1, maxChunkSize-9)))
		}, []wanted{{1, 5, nalu(false, 1, maxChunkSize-9)}}},
	}
	for _, size := range []int{1, 2, 127, 128, 4096, 65536, 1 << 20, maxChunkSize, 1 << 24} {
		n := 100_000
		if size < 100 {
			n = 3000
		}
		x := nalu(false, 3, n)
		cases = append(cases, publisherCase{fmt.Sprint("a chunk size of ", size, " in the middle"), func(c *client) {
			c.ordinary()
			c.message(6, 40, 9, 1, pv)
			c.setChunk(size)
			c.message(6, 80, 9, 1, picture(x))
			c.message(5, 81, 8, 1, sound(1))
			c.message(6, 120, 9, 1, pv)
			c.message(6, 160, 9, 1, pv)
			c.setChunk(128)
			c.message(6, 200, 9, 1, picture(x))
		}, []wanted{{1, 40, v}, {1, 80, x}, {2, 81, []byte{1}}, {1, 120, v}, {1, 160, v}, {1, 200, x}}})
	}
	return cases
}

// tinySounds are n frames of sound at 0 ms, of one byte each.
func tinySounds(n int) (out []wanted) {
	for range n {
		out = append(out, wanted{2, 0, []byte{0}})
	}
	return out
}

// gotKind reports whether the server sent a message of that type.
func (c *client) gotKind(kind byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.said {
		if byte(m.kind) == kind {
			return true
		}
	}
	return false
}

// interleaved sends many messages on several chunk streams, one chunk of each in turn. Their times need four bytes, which some
// of the chunk streams repeat and others do not.
func interleaved(c *client) {
	c.begin("key")
	c.configs(1 << 24)
	body := func(n int) []byte { return picture(nalu(false, n, 295)) }
	type stream struct {
		head, cont []byte
		left       []byte
	}
	var open []*stream
	for i, b := range [][]byte{body(1), sound(nalu(false, 2, 400)...), body(3), amf("onTextData", string(make([]byte, 600)))} {
		kind, ts := []byte{9, 8, 9, 18}[i], uint32(1<<24+i)
		s := &stream{head: header(0, ts, len(b), kind, 1)[1:], left: b}
		s.head = cat([][]byte{{6}, {5}, {0, 36}, {1, 36, 1}}[i], s.head)
		s.cont = cat([][]byte{{0xc6}, {0xc5}, {0xc0, 36}, {0xc1, 36, 1}}[i])
		if i%2 == 0 {
			s.cont = append(s.cont, be32(ts)...)
		}
		open = append(open, s)
	}
	for busy := true; busy; {
		busy = false
		for _, s := range open {
			if n := min(len(s.left), 128); n > 0 {
				c.send(s.head, s.left[:n])
				s.head, s.left, busy = s.cont, s.left[n:], true
			}
		}
	}
}

func interleavedUnits() []wanted {
	return []wanted{{1, 1 << 24, nalu(false, 1, 295)}, {1, 1<<24 + 2, nalu(false, 3, 295)}, {2, 1<<24 + 1, nalu(false, 2, 400)}}
}
