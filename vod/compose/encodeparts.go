package compose

import (
	"context"
	"slices"
	"strings"
	"time"

	"aircheck/ingest/media"
	"aircheck/vod"
	"aircheck/vod/ffmpeg"
	"aircheck/vod/task"
)

// atOnce is how many items ffmpeg is given at once where it can be given some after the others: it opens the decoders of all of them together, and
// the memory that it may have is bounded.
const atOnce = 8

// encoded is what ffmpeg has made of some items.
type encoded struct {
	draft *vod.Draft
	// length is in seconds; items are where they are in the draft.
	length float64
	items  []ItemResult
}

// batches splits what is to be encoded into what can be encoded one after the other, with a cut in between.
func (in *Input) batches() (out [][]MediaTrack) {
	whole := [][]MediaTrack{in.Tracks}
	if len(in.Tracks) != 1 || in.Tracks[0].Type == "Sticker" || in.Output.Container == "mp3" { // which is kept as ffmpeg writes it
		return whole
	}
	track := in.Tracks[0]
	for from := 0; from < len(track.TrackItems); from += atOnce {
		some := track.TrackItems[from:min(from+atOnce, len(track.TrackItems))]
		for _, it := range some {
			if it.Type == "Transition" {
				return whole
			}
		}
		out = append(out, []MediaTrack{{Type: track.Type, TrackItems: some}})
	}
	return out
}

// encodeParts encodes everything. The drafts of what it returns are the caller's, also with an error.
func (s *Service) encodeParts(ctx context.Context, o *order, settings *graph, in *Input, report task.Report) (parts []encoded, err error) {
	ext := "mp4"
	if o.container == "mp3" {
		ext = "mp3"
	}
	batches := in.batches()
	for i, tracks := range batches {
		g := *settings
		video, audio, length, err := g.build(tracks)
		if err != nil {
			return parts, err
		}
		draft, err := s.Intake.Begin(ctx, s.Storage, ext)
		if err != nil {
			return parts, err
		}
		parts = append(parts, encoded{draft, length, g.items})
		err = s.run(ctx, ffmpeg.Job{
			Inputs: g.inputs, Filter: strings.Join(g.parts, ";"), Duration: time.Duration(length * float64(time.Second)),
			Outputs:  []ffmpeg.Output{{File: draft.File, Args: g.outputArgs(in, o.container, video, audio)}},
			Progress: func(percent int) { report((i*100+percent)*9/10/len(batches), nil) },
		})
		if err != nil {
			return parts, err
		}
	}
	return parts, nil
}

// piecesOf are the parts as they are joined.
func (s *Service) piecesOf(parts []encoded) (out []*piece, err error) {
	for i, part := range parts {
		src, err := draftSource(s, part.draft)
		if err != nil {
			return nil, err
		}
		p := &piece{src: src, to: never}
		out = append(out, p)
		if i == 0 {
			continue
		}
		// In front of the first picture, or in the first frame of sound, there is what an encoder of sound needs to begin: between two parts
		// it would be heard as a hole.
		tracks, err := src.tracks()
		if err != nil {
			return nil, err
		}
		first, err := p.begin(tracks)
		if err != nil {
			return nil, err
		}
		if p.from = first.pts; first.lead.kind == media.Audio {
			p.from += step(firstAudio(tracks)) * 7 / 4 // in the second frame, before its middle
		}
	}
	return out, nil
}

func firstAudio(tracks []*media.Track) *media.Track {
	return tracks[slices.IndexFunc(tracks, func(t *media.Track) bool { return t.Codec.Kind() == media.Audio })]
}

// itemsOf are the items of all parts; joined says where the parts are, and is nil for a single one.
func itemsOf(parts []encoded, joined []ItemResult) (out []ItemResult) {
	for i, p := range parts {
		for _, it := range p.items {
			if i < len(joined) {
				it.Offset += joined[i].Offset
			}
			out = append(out, it)
		}
	}
	return out
}
