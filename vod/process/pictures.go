package process

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"aircheck/ingest/media"
	"aircheck/vod/ffmpeg"
)

// slot is how long each picture lasts of those that are handed to ffmpeg one after the other.
const slot = 1000

// assemble makes one picture of many, which lie at random access points; filter arranges them.
func (w *work) assemble(ctx context.Context, out *os.File, units []*media.Unit, filter string) error {
	if slices.ContainsFunc(units, func(u *media.Unit) bool { return !alone(u) }) {
		return w.assembleSlowly(ctx, out, units, filter)
	}
	// One picture a second, whatever the decoder made of each: none moves another from its place.
	filter = fmt.Sprintf("fps=1:start_time=0:round=near,trim=end_frame=%d,", len(units)) + filter
	return w.piped(ctx, ffmpeg.Job{Outputs: []ffmpeg.Output{jpegOutput(out, filter)}}, func(pipe io.Writer) error {
		return writePictures(pipe, units)
	})
}

// assembleSlowly is assemble for pictures that a decoder would mix up: each is decoded by itself.
func (w *work) assembleSlowly(ctx context.Context, out *os.File, units []*media.Unit, filter string) error {
	small, err := os.CreateTemp("", "aircheck-*.mjpeg")
	if err != nil {
		return fmt.Errorf("collect pictures: %w", err)
	}
	defer small.Close()
	if err := os.Remove(small.Name()); err != nil {
		return fmt.Errorf("collect pictures: %w", err)
	}
	for i, u := range units {
		// As it comes again, so it lasts.
		times := 1
		if i > 0 && u == units[i-1] {
			continue
		}
		for i+times < len(units) && units[i+times] == u {
			times++
		}
		one := jpegOutput(small, fmt.Sprintf("%s,loop=%d:1", scale(480), times-1))
		one.Stream = true // at the end of what is there
		one.Args[slices.Index(one.Args, "-frames:v")+1] = fmt.Sprint(times)
		err := w.piped(ctx, ffmpeg.Job{Outputs: []ffmpeg.Output{one}}, func(pipe io.Writer) error {
			return writePictures(pipe, []*media.Unit{u})
		})
		if err != nil {
			return err
		}
	}
	if _, err := small.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("collect pictures: %w", err)
	}
	return w.ffmpeg(ctx, ffmpeg.Job{
		Inputs: []ffmpeg.Input{{File: small, Format: "mjpeg", Args: []string{"-framerate", "1"}}}, Outputs: []ffmpeg.Output{jpegOutput(out, filter)},
	})
}

// alone reports whether a picture at which decoding can start also forgets what was before: otherwise a decoder would put those around it in an
// order that they do not have.
func alone(u *media.Unit) bool {
	name := u.Track.Codec.Name()
	if name != "h264" && name != "h265" {
		return true
	}
	for rest := u.Payload; len(rest) > 4; {
		length := int64(binary.BigEndian.Uint32(rest))
		switch kind := rest[4]; {
		case name == "h264" && kind&0x1f == 5: // IDR (ITU-T H.264, table 7-1)
			return true
		case name == "h265" && (kind>>1&0x3f == 19 || kind>>1&0x3f == 20): // IDR (ITU-T H.265, table 7-1)
			return true
		}
		if length > int64(len(rest)-4) {
			break
		}
		rest = rest[4+length:]
	}
	return false
}

// writePictures writes pictures at which decoding can start one after the other, one a second, so that they can be told apart by their time. One that
// comes again is not written again, but for the last: how long that is to last could not be told otherwise.
func writePictures(out io.Writer, pictures []*media.Unit) error {
	w := feeder{out: out}
	track := &media.Track{ID: 1, Codec: pictures[0].Track.Codec, Timescale: slot}
	if err := w.begin([]*media.Track{track}, 0); err != nil {
		return err
	}
	if len(w.tracks) == 0 {
		return errors.New("a codec of pictures that cannot be handed on")
	}
	last := pictures[len(pictures)-1]
	for i, p := range append(slices.Clone(pictures), last) {
		if i > 0 && i < len(pictures) && p == pictures[i-1] {
			continue
		}
		own := &media.Track{ID: 1, Codec: p.Track.Codec, Timescale: slot}
		if media.SameParameters(own.Codec, track.Codec) {
			own = track
		}
		at := int64(i) * slot
		if err := w.put(&media.Unit{Track: own, PTS: at, DTS: at, RandomAccess: true, Payload: p.Payload}); err != nil {
			return err
		}
	}
	return w.end()
}
