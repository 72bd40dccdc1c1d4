package compose

import (
	"fmt"
	"slices"

	"aircheck/vod"
	"aircheck/vod/task"
)

// Sources yields the fields that name files, and what they say.
func (in *Input) Sources(yield func(field, text string) bool) {
	for i, t := range in.Tracks {
		for k, it := range t.TrackItems {
			if text := it.source(); text != "" && !yield(fmt.Sprintf("Tracks.%d.TrackItems.%d.%sItem.SourceMedia", i, k, it.Type), text) {
				return
			}
		}
	}
}

// beginning is where an item begins in its file, in seconds.
type beginning struct {
	file vod.FileID
	at   float64
}

// begins yields where each Video and Audio item begins, and the field that says so.
func (in *Input) begins(yield func(field string, b beginning) bool) {
	for i, t := range in.Tracks {
		for k, it := range t.TrackItems {
			id, err := SourceOf("", it.source())
			if err != nil || t.Type == "Sticker" { // of which the first picture is shown
				continue
			}
			b := beginning{file: id}
			if it.Type == "Video" {
				b.at = it.VideoItem.SourceMediaStartTime
			} else {
				b.at = it.AudioItem.SourceMediaStartTime
			}
			if !yield(beginsField(i, k, it.Type), b) {
				return
			}
		}
	}
}

// beginsField is the field that says where an item begins in its file.
func beginsField(track, item int, kind string) string {
	return fmt.Sprintf("Tracks.%d.TrackItems.%d.%sItem.SourceMediaStartTime", track, item, kind)
}

// checkBegins reports the first item that begins behind the end of its file, as far as the lengths of files are known: *vod.InvalidError.
// begun: the task has begun, so files that are still recorded count as they are.
func (in *Input) checkBegins(assets []vod.Asset, begun bool) error {
	for field, b := range in.begins {
		i := slices.IndexFunc(assets, func(a vod.Asset) bool { return a.ID == b.file })
		if i < 0 || assets[i].Duration <= 0 || assets[i].Status == vod.StatusRecording && !begun {
			continue
		}
		if fromSeconds(b.at) >= assets[i].Duration {
			return behind(field, &assets[i])
		}
	}
	return nil
}

// behind is the error for a beginning behind the end of a file.
func behind(field string, a *vod.Asset) error {
	return invalid(field, "is behind the end of file %s, which has %v", a.ID, a.Duration)
}

// nothing is the error for a piece with no media in it: for one that a request names, the failure of the task.
func (p *piece) nothing() error {
	if p.field == "" {
		return errNothing
	}
	return &task.Failure{Code: task.CodeInput, Err: invalid(p.field, "there is nothing of file %s from there on, or up to the end that was asked for; it has %v", p.src.ID, p.src.Duration)}
}
