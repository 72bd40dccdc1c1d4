package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"aircheck/vod"
)

// mediaShow shows files.
type mediaShow struct {
	// base is what addresses start with.
	base string
	// address signs one where that is wanted.
	address func(subApp int64, path string) string
	want    blocks
	parts   map[vod.FileID][]vod.Part
}

// showMedia is files as answers show them, with the blocks that are wanted.
func (a *API) showMedia(ctx context.Context, assets []vod.Asset, want blocks, base string) ([]MediaInfo, error) {
	s := mediaShow{base: base, address: a.Guard.Address, want: want, parts: map[vod.FileID][]vod.Part{}}
	if want.parts() && a.Catalog.Parts != nil {
		parts, err := a.Catalog.Parts.Of(ctx, idsOf(assets)...)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			s.parts[p.FileID] = append(s.parts[p.FileID], p)
		}
	}
	out := make([]MediaInfo, 0, len(assets))
	for i := range assets {
		info, err := s.info(&assets[i])
		if err != nil {
			return nil, fmt.Errorf("show file %s: %w", assets[i].ID, err)
		}
		out = append(out, info)
	}
	return out, nil
}

// url is the whole address of something of an asset.
func (s *mediaShow) url(a *vod.Asset, path string) string {
	return s.base + s.address(a.SubAppID, path)
}

func (s *mediaShow) partURL(a *vod.Asset, p *vod.Part) string {
	return s.url(a, vod.PartPath(a.ID, p.Name()))
}

func (s *mediaShow) info(a *vod.Asset) (MediaInfo, error) {
	info := MediaInfo{FileID: a.ID.String()}
	if s.want.basic {
		info.BasicInfo, info.RecordInfo = s.basic(a), recordInfo(a)
	}
	if s.want.meta {
		info.MetaData = metaData(a)
	}
	if s.want.keyFrames && len(a.KeyFrames) > 0 {
		info.KeyFrameDescInfo = &MediaKeyFrameDescInfo{KeyFrameDescSet: []MediaKeyFrameDescItem{}}
		for _, k := range a.KeyFrames {
			info.KeyFrameDescInfo.KeyFrameDescSet = append(info.KeyFrameDescInfo.KeyFrameDescSet,
				MediaKeyFrameDescItem{TimeOffset: k.At.Seconds(), Content: k.Content})
		}
	}
	return info, s.made(a, &info)
}

func (s *mediaShow) basic(a *vod.Asset) *MediaBasicInfo {
	b := basicInfo(a)
	if a.ObjectKey != "" {
		b.MediaURL = s.url(a, vod.PlayPath(*a))
	}
	if a.Cover != "" {
		b.CoverURL = s.url(a, vod.CoverPath(a))
	}
	return b
}

// made shows what was made of a file. A block with nothing in it is null.
func (s *mediaShow) made(a *vod.Asset, info *MediaInfo) error {
	return errors.Join(
		s.transcodes(a, info), s.animated(a, info), s.samples(a, info), s.sprites(a, info), s.snapshots(a, info), s.adaptive(a, info))
}

func (s *mediaShow) transcodes(a *vod.Asset, info *MediaInfo) error {
	if !s.want.transcode {
		return nil
	}
	var set []MediaTranscodeItem
	if a.ObjectKey != "" {
		set = append(set, s.original(a))
	}
	for _, p := range s.of(a, vod.PartTranscode) {
		item, err := s.transcode(a, &p)
		if err != nil {
			return err
		}
		set = append(set, item)
	}
	if len(set) > 0 {
		info.TranscodeInfo = &MediaTranscodeInfo{TranscodeSet: set}
	}
	return nil
}

func (s *mediaShow) animated(a *vod.Asset, info *MediaInfo) error {
	if !s.want.animated {
		return nil
	}
	var set []MediaAnimatedGraphicsItem
	for _, p := range s.of(a, vod.PartAnimated) {
		var m vod.AnimatedMeta
		if err := metaOf(&p, &m); err != nil {
			return err
		}
		set = append(set, MediaAnimatedGraphicsItem{
			URL: s.partURL(a, &p), Definition: p.Definition, Container: m.Container, Width: int64(m.Width), Height: int64(m.Height),
			Bitrate: m.Bitrate, Size: p.Size, Md5: m.MD5, StartTimeOffset: m.Start.Seconds(), EndTimeOffset: m.End.Seconds(),
		})
	}
	if len(set) > 0 {
		info.AnimatedGraphicsInfo = &MediaAnimatedGraphicsInfo{AnimatedGraphicsSet: set}
	}
	return nil
}

// of returns the parts of an asset of one kind, by definition and index.
func (s *mediaShow) of(a *vod.Asset, kind vod.PartKind) (out []vod.Part) {
	for _, p := range s.parts[a.ID] {
		if p.Kind == kind {
			out = append(out, p)
		}
	}
	return out
}

// metaOf reads what the maker of a part said of it.
func metaOf(p *vod.Part, into any) error {
	if len(p.Meta) == 0 {
		return nil
	}
	if err := json.Unmarshal(p.Meta, into); err != nil {
		return fmt.Errorf("read what is known of part %s: %w", p.Key, err)
	}
	return nil
}

// original is the file itself as one of its transcodes.
func (s *mediaShow) original(a *vod.Asset) MediaTranscodeItem {
	m := metaData(a)
	return MediaTranscodeItem{
		URL: s.url(a, vod.PlayPath(*a)), Bitrate: m.Bitrate, Height: m.Height, Width: m.Width, Size: m.Size, Duration: m.Duration,
		Container: m.Container, VideoStreamSet: m.VideoStreamSet, AudioStreamSet: m.AudioStreamSet, DigitalWatermarkType: noWatermark,
	}
}

// noWatermark is the DigitalWatermarkType of what has none.
const noWatermark = "None"

func (s *mediaShow) transcode(a *vod.Asset, p *vod.Part) (MediaTranscodeItem, error) {
	var t vod.TranscodeMeta
	err := metaOf(p, &t)
	m := metaData(&vod.Asset{Size: p.Size, Duration: t.Duration, Container: t.Container, Tracks: t.Tracks})
	return MediaTranscodeItem{
		URL: s.partURL(a, p), Definition: p.Definition, Bitrate: m.Bitrate, Height: m.Height, Width: m.Width, Size: p.Size,
		Duration: m.Duration, Md5: t.MD5, Container: t.Container, VideoStreamSet: m.VideoStreamSet, AudioStreamSet: m.AudioStreamSet,
		DigitalWatermarkType: noWatermark,
	}, err
}

func (s *mediaShow) samples(a *vod.Asset, info *MediaInfo) error {
	if !s.want.samples {
		return nil
	}
	var sets []MediaSampleSnapshotItem
	for _, set := range setsOf(s.of(a, vod.PartSampleSnapshot)) {
		var m vod.PictureMeta
		if err := metaOf(&set[0], &m); err != nil {
			return err
		}
		sets = append(sets, MediaSampleSnapshotItem{
			Definition: set[0].Definition, SampleType: m.SampleType, Interval: m.Interval, ImageURLSet: s.urls(a, set),
			WaterMarkDefinition: []int64{},
		})
	}
	if len(sets) > 0 {
		info.SampleSnapshotInfo = &MediaSampleSnapshotInfo{SampleSnapshotSet: sets}
	}
	return nil
}

// setsOf splits parts of one kind by their definition.
func setsOf(parts []vod.Part) (out [][]vod.Part) {
	for i, p := range parts {
		if i == 0 || p.Definition != parts[i-1].Definition {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

func (s *mediaShow) urls(a *vod.Asset, parts []vod.Part) []string {
	out := make([]string, len(parts))
	for i := range parts {
		out[i] = s.partURL(a, &parts[i])
	}
	return out
}

func (s *mediaShow) sprites(a *vod.Asset, info *MediaInfo) error {
	if !s.want.sprites {
		return nil
	}
	var sets []MediaImageSpriteItem
	for _, set := range setsOf(s.of(a, vod.PartSprite)) {
		var m vod.SpriteMeta
		if err := metaOf(&set[0], &m); err != nil {
			return err
		}
		item := MediaImageSpriteItem{
			Definition: set[0].Definition, Width: int64(m.Width), Height: int64(m.Height), TotalCount: int64(m.Count),
			ImageURLSet: s.urls(a, set),
		}
		for _, v := range s.of(a, vod.PartWebVTT) {
			if v.Definition == item.Definition {
				item.WebVTTURL = s.partURL(a, &v)
			}
		}
		sets = append(sets, item)
	}
	if len(sets) > 0 {
		info.ImageSpriteInfo = &MediaImageSpriteInfo{ImageSpriteSet: sets}
	}
	return nil
}

func (s *mediaShow) snapshots(a *vod.Asset, info *MediaInfo) error {
	if !s.want.snapshots {
		return nil
	}
	var sets []MediaSnapshotByTimeOffsetItem
	for _, set := range setsOf(s.of(a, vod.PartSnapshot)) {
		item := MediaSnapshotByTimeOffsetItem{Definition: set[0].Definition}
		for i := range set {
			var m vod.PictureMeta
			if err := metaOf(&set[i], &m); err != nil {
				return err
			}
			item.PicInfoSet = append(item.PicInfoSet, MediaSnapshotByTimePicInfoItem{
				TimeOffset: float64(m.At) / float64(time.Millisecond), URL: s.partURL(a, &set[i]), WaterMarkDefinition: []int64{},
			})
		}
		slices.SortStableFunc(item.PicInfoSet, func(x, y MediaSnapshotByTimePicInfoItem) int { return cmp.Compare(x.TimeOffset, y.TimeOffset) })
		sets = append(sets, item)
	}
	if len(sets) > 0 {
		info.SnapshotByTimeOffsetInfo = &MediaSnapshotByTimeOffsetInfo{SnapshotByTimeOffsetSet: sets}
	}
	return nil
}

func (s *mediaShow) adaptive(a *vod.Asset, info *MediaInfo) error {
	if !s.want.adaptive {
		return nil
	}
	var sets []AdaptiveDynamicStreamingInfoItem
	for _, set := range setsOf(s.of(a, vod.PartAdaptive)) {
		var m vod.AdaptiveMeta
		if err := metaOf(&set[0], &m); err != nil {
			return err
		}
		item := AdaptiveDynamicStreamingInfoItem{
			Definition: set[0].Definition, Package: m.Package, URL: s.partURL(a, &set[0]), DigitalWatermarkType: noWatermark,
			SubStreamSet: []MediaSubStreamInfoItem{}, SubtitleSet: []None{},
		}
		for _, p := range set {
			item.Size += p.Size
		}
		for _, t := range m.SubStreams {
			item.SubStreamSet = append(item.SubStreamSet, MediaSubStreamInfoItem{
				Type: t.Kind, Width: uint64(max(t.Width, 0)), Height: uint64(max(t.Height, 0)), Size: uint64(max(t.Size, 0)),
			})
		}
		sets = append(sets, item)
	}
	if len(sets) > 0 {
		info.AdaptiveDynamicStreamInfo = &MediaAdaptiveInfo{AdaptiveDynamicStreamingSet: sets}
	}
	return nil
}
