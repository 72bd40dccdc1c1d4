package rtmp

import (
	"bytes"
)

// timeCases are about timestamps and the order of chunks.
func timeCases() []publisherCase {
	v, w := nalu(false, 1, 295), nalu(false, 2, 95)
	pv, pw := picture(v), picture(w)
	const high = 16777250
	return []publisherCase{
		{"extended timestamps, repeated", func(c *client) {
			c.ordinary()
			for i := range 3 {
				c.message(6, 16777210+40*uint32(i), 9, 1, pv)
			}
		}, []wanted{{1, 16777210, v}, {1, 16777250, v}, {1, 16777290, v}}},
		{"extended timestamps, not repeated", func(c *client) {
			c.ordinary()
			c.send(c.chunks(6, high, 9, 1, pv, false), c.chunks(6, high+40, 9, 1, pv, false))
		}, []wanted{{1, high, v}, {1, high + 40, v}}},
		{"extended timestamps, not repeated, byte by byte", func(c *client) {
			c.ordinary()
			for _, b := range c.chunks(6, high, 9, 1, picture(nalu(false, 1, 245)), false) {
				c.send([]byte{b})
			}
		}, []wanted{{1, high, nalu(false, 1, 245)}}},
		{"2^32 ms, absolute times", func(c *client) {
			c.begin("key")
			c.configs(0xffffffe0)
			c.message(6, 0xfffffff0, 9, 1, pw)
			c.message(6, 20, 9, 1, pw)
		}, []wanted{{1, 1<<32 - 16, w}, {1, 1<<32 + 20, w}}},
		{"2^32 ms, steps", func(c *client) {
			c.begin("key")
			c.configs(0xffffffe0)
			c.message(6, 0xfffffff0, 9, 1, pw)
			c.send([]byte{0x46, 0, 0, 40, 0, 0, byte(len(pw)), 9}, pw)
		}, []wanted{{1, 1<<32 - 16, w}, {1, 1<<32 + 24, w}}},
		{"2^24 ms, to the millisecond", func(c *client) {
			c.ordinary()
			for i := range uint32(5) {
				c.message(6, extendedTime-2+i, 9, 1, pv)
			}
		}, []wanted{{1, 1<<24 - 3, v}, {1, 1<<24 - 2, v}, {1, 1<<24 - 1, v}, {1, 1 << 24, v}, {1, 1<<24 + 1, v}}},
		{"2^24 ms, steps", func(c *client) {
			c.ordinary()
			n := byte(len(pw))
			c.send(header(7, extendedTime-20, len(pw), 9, 1), pw, []byte{0x47, 0, 0, 40, 0, 0, n, 9}, pw, []byte{0xc7}, pw)
			c.send([]byte{0x87, 0, 0, 30}, pw, []byte{0xc7}, pw)
		}, []wanted{{1, 1<<24 - 21, w}, {1, 1<<24 + 19, w}, {1, 1<<24 + 59, w}, {1, 1<<24 + 89, w}, {1, 1<<24 + 119, w}}},
		{"2^24 ms, a message of several chunks after a step", func(c *client) {
			c.ordinary()
			c.send(c.chunks(6, high, 9, 1, pv, true))
			c.send([]byte{0x46, 0, 0, 40, 0, 1, 48, 9}, pv[:128], []byte{0xc6}, pv[128:256], []byte{0xc6}, pv[256:])
		}, []wanted{{1, high, v}, {1, high + 40, v}}},
		{"2^32 ms, several chunks, repeated", func(c *client) {
			c.begin("key")
			c.configs(0xffffff00)
			c.send(c.chunks(6, 0xffffffff, 9, 1, pv, true), c.chunks(6, 39, 9, 1, pv, true))
		}, []wanted{{1, 1<<32 - 1, v}, {1, 1<<32 + 39, v}}},
		{"2^32 ms, several chunks, not repeated", func(c *client) {
			c.begin("key")
			c.configs(0xffffff00)
			c.send(c.chunks(6, 0xffffffff, 9, 1, pv, false), c.chunks(6, 39, 9, 1, pv, false))
		}, []wanted{{1, 1<<32 - 1, v}, {1, 1<<32 + 39, v}}},
		{"a clock of 31 bits", func(c *client) {
			c.begin("key")
			c.configs(1<<31 - 50)
			c.message(6, 1<<31-20, 9, 1, pv)
			c.message(5, 1, 8, 1, sound(1))
			c.message(6, 20, 9, 1, pv)
		}, []wanted{{1, 1<<31 - 20, v}, {2, 1<<31 + 1, []byte{1}}, {1, 1<<31 + 20, v}}},
		{"a type 3 header that starts a message and repeats an extended step", func(c *client) {
			c.ordinary()
			n := byte(len(pw))
			c.send([]byte{0x46, 0xff, 0xff, 0xff, 0, 0, n, 9}, be32(0x1000000), pw, []byte{0xc6}, be32(0x1000000), pw)
		}, []wanted{{1, 0x1000000, w}, {1, 0x2000000, w}}},
		{"an extended time that need not be one", func(c *client) {
			c.ordinary()
			c.send([]byte{6, 0xff, 0xff, 0xff, 0, 1, 48, 9, 1, 0, 0, 0}, be32(40), pv[:128],
				[]byte{0xc6}, be32(40), pv[128:256], []byte{0xc6}, be32(40), pv[256:])
		}, []wanted{{1, 40, v}}},
		{"2^31 ms", func(c *client) {
			c.begin("key")
			c.configs(1<<31 - 50)
			c.message(6, 1<<31-20, 9, 1, pv)
			c.message(5, 1<<31-1, 8, 1, sound(1))
			c.message(6, 1<<31+20, 9, 1, pv)
		}, []wanted{{1, 1<<31 - 20, v}, {2, 1<<31 - 1, []byte{1}}, {1, 1<<31 + 20, v}}},
		{"steps of all types", func(c *client) {
			c.ordinary()
			n := byte(len(pw))
			c.send(header(7, 0, len(pw), 9, 1), pw)
			c.send([]byte{0x47, 0, 0, 40, 0, 0, n, 9}, pw)
			c.send([]byte{0xc7}, pw, []byte{0x87, 0, 0, 30}, pw, []byte{0xc7}, pw)
		}, []wanted{{1, 0, w}, {1, 40, w}, {1, 80, w}, {1, 110, w}, {1, 140, w}}},
		{"type 3 after type 0", func(c *client) {
			c.ordinary()
			c.send(header(7, 40, len(pw), 9, 1), pw, []byte{0xc7}, pw)
		}, []wanted{{1, 40, w}, {1, 80, w}}},
		{"type 3 after type 0, hours later", func(c *client) {
			c.ordinary()
			c.send(header(7, 1_000_000, len(pw), 9, 1), pw, []byte{0xc7}, pw)
		}, []wanted{{1, 1_000_000, w}, {1, 1_000_000, w}}},
		{"a chunk stream that begins with type 1", func(c *client) {
			c.ordinary()
			c.send([]byte{0x48, 0, 0, 40, 0, 0, byte(len(pw)), 9}, pw)
		}, []wanted{{1, 40, w}}},
		{"an extended step", func(c *client) {
			c.ordinary()
			c.send([]byte{0x46, 0xff, 0xff, 0xff, 0, 1, 48, 9}, be32(0x1000000), pv[:128],
				[]byte{0xc6}, be32(0x1000000), pv[128:256], []byte{0xc6}, be32(0x1000000), pv[256:])
		}, []wanted{{1, 0x1000000, v}}},
		{"interleaved chunk streams", func(c *client) {
			c.ordinary()
			big := sound(bytes.Repeat([]byte{9}, 248)...)
			c.send(header(6, 40, len(pv), 9, 1), pv[:128], header(5, 41, len(big), 8, 1), big[:128],
				[]byte{0xc6}, pv[128:256], []byte{0xc5}, big[128:], []byte{0xc6}, pv[256:])
		}, []wanted{{2, 41, bytes.Repeat([]byte{9}, 248)}, {1, 40, v}}},
		{"the chunk size changes inside a message", func(c *client) {
			c.ordinary()
			c.send(header(6, 40, len(pv), 9, 1), pv[:128], c.chunks(2, 0, 1, 0, be32(100), true),
				[]byte{0xc6}, pv[128:228], []byte{0xc6}, pv[228:])
		}, []wanted{{1, 40, v}}},
		{"an aggregate", func(c *client) {
			c.ordinary()
			tag := func(kind byte, ts uint32, body []byte) []byte {
				n := len(body)
				return cat([]byte{kind, 0, byte(n >> 8), byte(n), byte(ts >> 16), byte(ts >> 8), byte(ts), byte(ts >> 24), 0, 0, 0},
					body, be32(uint32(n+11)))
			}
			c.message(6, 1000, 22, 1, cat(tag(9, 500, pv), tag(8, 520, sound(7)), tag(22, 530, nil), tag(9, 540, pw)))
			c.message(6, 2000, 22, 1, cat(tag(9, 0, pv), []byte{9, 255, 255, 255})) // torn
		}, []wanted{{1, 1000, v}, {2, 1020, []byte{7}}, {1, 1040, w}, {1, 2000, v}}},
	}
}
