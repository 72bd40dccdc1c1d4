package compose

import (
	"context"
	"errors"

	"aircheck/vod"
	"aircheck/vod/ffmpeg"
)

// readable has ffmpeg read copies in MP4 of those of the files that it may not be able to read: of FLV, versions before 6.1 know few codecs. What it
// returns is to be called when they are not needed any more.
func (s *Service) readable(ctx context.Context, files library) (done func(), err error) {
	var drafts []*vod.Draft
	done = func() {
		for _, d := range drafts {
			_ = d.Discard() // what is left is swept later
		}
	}
	for id, src := range files {
		if src.Container != "flv" || ffmpeg.ReadsFLV(vod.Codecs(src.Tracks)) {
			continue
		}
		d, err := s.copied(ctx, &piece{src: src, to: never})
		if errors.Is(err, errDiffer) { // it is up to ffmpeg then
			continue
		}
		if err != nil {
			return done, err
		}
		drafts = append(drafts, d)
		made, err := draftSource(s, d)
		if err != nil {
			return done, err
		}
		made.Asset = src.Asset
		made.Container = "mp4"
		_ = src.Close() // it was only read
		files[id] = made
	}
	return done, nil
}
