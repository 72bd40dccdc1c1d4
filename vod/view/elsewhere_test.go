package view_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"aircheck/vod"
)

// TestSignedForOne takes a signed address apart: what was signed for one file must not open another one, nor last longer.
func TestSignedForOne(t *testing.T) {
	b := newBench(t)
	r := record(t, aacFormat, show(8, 48000, "aac"))
	mine, other := b.add(t, r), b.add(t, r)
	b.protect(t, keyed)
	good := sign(mine, soon)
	root := b.url + vod.PlayPrefix
	b.status(t, 200, fmt.Sprintf("%s%s/x%%2Fy.aac%s", root, mine.ID, good))
	for _, path := range []string{"x%%2F..%%2F..%%2F%s%%2Fx.aac", "..%%2F%s%%2Fx.aac", "%%2E%%2E%%2F%s%%2Fx.aac", "x%%2F..%%2F..%%2F%s%%2Fx.m3u8"} {
		b.status(t, 403, root+other.ID.String()+"/"+fmt.Sprintf(path, mine.ID)+good)
	}
	// A later time, of the beginning of what stands behind it in what is signed.
	valid := strconv.FormatInt(time.Now().Add(-soon).Unix(), 16)
	params := map[string]string{"t": valid, "us": "72d4cd1101"}
	key := vod.Sign(playKey, fmt.Sprintf("%s%s/", vod.PlayPrefix, mine.ID), params)
	for n := range 3 {
		b.status(t, 403, fmt.Sprintf("%s%s/x.aac?t=%s%s&us=%s&sign=%s", root, mine.ID, valid, params["us"][:n], params["us"][n:], key))
	}
}
