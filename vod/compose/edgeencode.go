package compose

import (
	"context"
	"fmt"

	"aircheck/ingest/media"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
)

// encodeEdge encodes the pictures of an edge like those of the file, with parameter sets of other IDs.
func (s *Service) encodeEdge(ctx context.Context, p *piece, e *edge) error {
	tracks, err := p.src.tracks()
	if err != nil {
		return err
	}
	codec, ok := firstVideo(tracks).(*media.H264)
	if !ok {
		return must("file %s is not H.264, of which edges can be encoded", p.src.ID)
	}
	profile := profileOf(codec)
	id, free := freeID(codec)
	if profile == "" || !free {
		return must("file %s is of a kind of H.264 of which edges cannot be encoded", p.src.ID)
	}
	pictures, err := s.excerpt(ctx, p, e)
	if err != nil {
		return err
	}
	defer pictures.Discard()
	last := e.skip + len(e.shown) - 1
	args := []string{
		"-map", "0:v:0", "-vf", fmt.Sprintf("select=between(n\\,%d\\,%d)", e.skip, last), "-frames:v",
		fmt.Sprint(len(e.shown)), "-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "veryfast", "-crf", "16",
		"-bf", "0", "-profile:v", profile, "-pix_fmt", "yuv420p", "-g", "100000", "-x264-params", fmt.Sprintf("sps-id=%d:keyint=infinite:scenecut=0", id),
		"-map_metadata", "-1", "-use_editlist", "0", "-f", "mp4",
	}
	in := ffmpeg.Input{File: pictures.File, Format: "mov"}
	if err := s.run(ctx, ffmpeg.Job{Inputs: []ffmpeg.Input{in}, Outputs: []ffmpeg.Output{{File: e.draft.File, Args: args}}}); err != nil {
		return encodeFailure(must("edges have to be encoded"), err)
	}
	e.src, err = draftSource(s, e.draft)
	return err
}

// excerpt copies the pictures that an edge needs into a file of their own: so it does not matter where ffmpeg would begin to count in the
// file they come from.
func (s *Service) excerpt(ctx context.Context, p *piece, e *edge) (*vod.Draft, error) {
	return s.copied(ctx, &piece{src: p.src, from: e.random, to: e.shown[len(e.shown)-1] + near, noAudio: true, exact: true})
}

// copied copies a piece into an MP4 file that is nobody's.
func (s *Service) copied(ctx context.Context, part *piece) (*vod.Draft, error) {
	format, err := s.format("mp4")
	if err != nil {
		return nil, err
	}
	index, err := s.Intake.Begin(ctx, s.Storage, "index")
	if err != nil {
		return nil, err
	}
	defer index.Discard()
	out, err := s.Intake.Begin(ctx, s.Storage, "mp4")
	if err != nil {
		return nil, err
	}
	jn := joining{format: format, file: out.File, index: index.File, progress: func(float64) error { return s.room(s.Storage) }}
	if _, err := background(func() (*joined, error) { return jn.join(ctx, []*piece{part}) }); err != nil {
		_ = out.Discard() // what is left is swept later
		return nil, err
	}
	return out, nil
}

func firstVideo(tracks []*media.Track) media.Codec {
	for _, t := range tracks {
		if t.Codec.Kind() == media.Video {
			return t.Codec
		}
	}
	return nil
}
