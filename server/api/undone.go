package api

import (
	"reflect"
	"slices"
)

// incomplete is a structure with parameters that would change what comes of a request, and that this server does not do. It is better to
// refuse them than to make something else than was wanted.
type incomplete interface {
	// undone are their names.
	undone() []string
}

func (TranscodeTaskInput) undone() []string {
	return []string{
		"WatermarkSet", "TraceWatermark", "CopyRightWatermark", "BlindWatermark", "MosaicSet", "HeadTailSet", "OverrideParameter", "SubtitleInfoSet",
	}
}

func (SnapshotByTimeOffsetTaskInput) undone() []string { return []string{"WatermarkSet"} }

func (SampleSnapshotTaskInput) undone() []string { return []string{"WatermarkSet"} }

func (CoverBySnapshotTaskInput) undone() []string { return []string{"WatermarkSet"} }

func (AdaptiveDynamicStreamingTaskInput) undone() []string {
	return []string{
		"WatermarkSet", "TraceWatermark", "CopyRightWatermark", "BlindWatermark", "SubtitleSet", "SubtitleInfoSet", "DrmInfo",
	}
}

// refuseUndone refuses what is wanted of a structure and not done.
func refuseUndone(path string, values map[string]any, t reflect.Type) *Error {
	in, ok := reflect.Zero(t).Interface().(incomplete)
	if !ok {
		return nil
	}
	for _, name := range in.undone() {
		if wanted(values[name]) {
			return failf(codeInvalid, "%s: is not done by this server, and nothing is made without it; leave it out", join(path, name))
		}
	}
	return nil
}

// wanted reports whether a parameter asks for anything: an empty list does not, nor a structure that is switched off.
func wanted(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case []any:
		return slices.ContainsFunc(v, wanted)
	case map[string]any:
		return anyWanted(v)
	case flat:
		return anyWanted(v)
	case string:
		return v != "" && v != "OFF"
	}
	return true
}

func anyWanted(values map[string]any) bool {
	if values["Switch"] == "OFF" {
		return false
	}
	for _, v := range values {
		if wanted(v) {
			return true
		}
	}
	return false
}
