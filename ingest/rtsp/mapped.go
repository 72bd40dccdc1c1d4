package rtsp

import (
	"bytes"
	"fmt"
	"strconv"
)

// The dynamic payload types of RFC 3551, section 6: only a description says what they stand for.
const firstDynamic, lastDynamic = 96, 127

// mapped returns a description in which each dynamic payload type stands for something. Some publishers announce tracks without a word on what is
// in them, as ffmpeg 5.1 does with AC-3; the library refuses the whole description for that. With a format that nobody knows, such a track is left
// out like all others that cannot be recorded, and the publisher may set it up and send it. The description was found bounded.
func mapped(desc []byte) []byte {
	if !bytes.Contains(desc, []byte("m=")) {
		return desc
	}
	out := make([]byte, 0, len(desc))
	var open []int // the dynamic payload types of this medium that stand for nothing so far
	closing := func() {
		if len(open) > 0 && out[len(out)-1] != '\n' {
			out = append(out, "\r\n"...)
		}
		for _, n := range open {
			out = fmt.Appendf(out, "a=rtpmap:%d unknown/90000\r\n", n)
		}
		open = open[:0]
	}
	for l := range bytes.Lines(desc) {
		switch {
		case bytes.HasPrefix(l, []byte("m=")):
			closing()
			if bytes.HasPrefix(l, []byte("m=application")) {
				break // of these the library asks nothing
			}
			const before = 3 // kind, port, protocol
			named := bytes.Fields(l)
			for _, f := range named[min(before, len(named)):] {
				if n, err := strconv.Atoi(string(f)); err == nil && n >= firstDynamic && n <= lastDynamic {
					open = append(open, n)
				}
			}
		case bytes.HasPrefix(l, []byte("a=rtpmap:")):
			number, _, _ := bytes.Cut(l[len("a=rtpmap:"):], []byte(" "))
			for i, n := range open {
				if string(number) == strconv.Itoa(n) {
					open = append(open[:i], open[i+1:]...)
					break
				}
			}
		}
		out = append(out, l...)
	}
	closing()
	return out
}
