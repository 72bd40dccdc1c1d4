package api

import (
	"math"
	"slices"
	"strings"
	"time"

	"aircheck/vod"
)

// neverExpires is how the wire format writes "for ever".
const neverExpires = "9999-12-31T23:59:59Z"

// MediaInfo is a file of the catalogue. Blocks that were not asked for are null, as are those this server does not make.
type MediaInfo struct {
	FileID                    string                         `json:"FileId" doc:"The file: decimal digits."`
	BasicInfo                 *MediaBasicInfo                `json:"BasicInfo" doc:"Name, times, address."`
	MetaData                  *MediaMetaData                 `json:"MetaData" doc:"What is in the file."`
	RecordInfo                *RecordInfo                    `json:"RecordInfo" doc:"How the recording went; comes with BasicInfo. An addition of this server."`
	TranscodeInfo             *MediaTranscodeInfo            `json:"TranscodeInfo" doc:"Transcodes."`
	AnimatedGraphicsInfo      *MediaAnimatedGraphicsInfo     `json:"AnimatedGraphicsInfo" doc:"Animated pictures."`
	SampleSnapshotInfo        *MediaSampleSnapshotInfo       `json:"SampleSnapshotInfo" doc:"Sample snapshots."`
	ImageSpriteInfo           *MediaImageSpriteInfo          `json:"ImageSpriteInfo" doc:"Sprites."`
	SnapshotByTimeOffsetInfo  *MediaSnapshotByTimeOffsetInfo `json:"SnapshotByTimeOffsetInfo" doc:"Snapshots at given times."`
	KeyFrameDescInfo          *MediaKeyFrameDescInfo         `json:"KeyFrameDescInfo" doc:"Moments that were described with ModifyMediaInfo."`
	AdaptiveDynamicStreamInfo *MediaAdaptiveInfo             `json:"AdaptiveDynamicStreamingInfo" doc:"Adaptive streams."`
	MiniProgramReviewInfo     *None                          `json:"MiniProgramReviewInfo" doc:"Always null."`
	SubtitleInfo              *None                          `json:"SubtitleInfo" doc:"Always null."`
	ReviewInfo                *None                          `json:"ReviewInfo" doc:"Always null."`
	MPSAiMediaInfo            *None                          `json:"MPSAiMediaInfo" doc:"Always null."`
	ImageUnderstandingInfo    *None                          `json:"ImageUnderstandingInfo" doc:"Always null."`
	KnowledgeBasesInfo        *None                          `json:"KnowledgeBasesInfo" doc:"Always null."`
	FaceRecognitionInfo       *None                          `json:"FaceRecognitionInfo" doc:"Always null."`
}

// MediaBasicInfo is what is known of a file from outside.
type MediaBasicInfo struct {
	Name          string          `json:"Name" doc:"Name of the file."`
	Description   string          `json:"Description" doc:"For people."`
	CreateTime    string          `json:"CreateTime" doc:"When it entered the catalogue in its present Status; ISO 8601, UTC."`
	UpdateTime    string          `json:"UpdateTime" doc:"When it was changed last; ISO 8601, UTC."`
	ExpireTime    string          `json:"ExpireTime" doc:"When it is deleted; 9999-12-31T23:59:59Z is never."`
	ClassID       int64           `json:"ClassId" doc:"Class; 0 is Other."`
	ClassName     string          `json:"ClassName" doc:"Name of the class."`
	ClassPath     string          `json:"ClassPath" doc:"Names of the classes from the top to it, with \" - \" between them."`
	CoverURL      string          `json:"CoverUrl" doc:"Address of the cover picture; empty if it has none."`
	Type          string          `json:"Type" doc:"Container: flv, mp4, hls, aac."`
	MediaURL      string          `json:"MediaUrl" doc:"Address at which the file can be played or fetched; of hls, that of its playlist. Empty if only what was made of it is left."`
	SourceInfo    MediaSourceData `json:"SourceInfo" doc:"Where it comes from."`
	StorageRegion string          `json:"StorageRegion" doc:"Always empty."`
	StoragePath   string          `json:"StoragePath" doc:"Path of the file inside its storage folder."`
	TagSet        []string        `json:"TagSet" doc:"Tags."`
	Vid           string          `json:"Vid" doc:"The same as FileId."`
	Category      string          `json:"Category" doc:"Video, or Audio for a container that has only sound."`
	Status        string          `json:"Status" doc:"Normal; Forbidden when ForbidMediaDistribution keeps it from being played; Recording while it is being recorded; Lost when it is not where it should be in its storage. The latter two are additions of this server, and are shown rather than Forbidden."`
	StorageClass  string          `json:"StorageClass" doc:"STANDARD or STANDARD_IA."`
}

// MediaSourceData is where a file comes from.
type MediaSourceData struct {
	SourceType        string          `json:"SourceType" doc:"Record, Upload or VideoProcessing."`
	SourceContext     string          `json:"SourceContext" doc:"What whoever had it made wanted to have with it."`
	LiveRecordInfo    *LiveRecordInfo `json:"LiveRecordInfo" doc:"The recorded stream; null unless SourceType is Record."`
	TrtcRecordInfo    *None           `json:"TrtcRecordInfo" doc:"Always null."`
	WebPageRecordInfo *None           `json:"WebPageRecordInfo" doc:"Always null."`
}

// LiveRecordInfo is the stream that was recorded.
type LiveRecordInfo struct {
	Domain          string `json:"Domain" doc:"Push domain."`
	Path            string `json:"Path" doc:"App."`
	StreamID        string `json:"StreamId" doc:"Name of the stream."`
	RecordStartTime string `json:"RecordStartTime" doc:"Wall time of the first frame; ISO 8601, UTC."`
	RecordEndTime   string `json:"RecordEndTime" doc:"Wall time of the last frame's end, so far while it is being recorded; ISO 8601, UTC."`
}

// RecordInfo is how a recording went.
type RecordInfo struct {
	TemplateID int64       `json:"TemplateId" doc:"The recording template."`
	CauseKind  string      `json:"CauseKind" doc:"What had it recorded: rule or task; empty if that is not known."`
	Cause      string      `json:"Cause" doc:"That rule, as domain/app/stream, or the TaskId."`
	SessionID  string      `json:"SessionId" doc:"The push: files of one push have the same, and FileIds in the order of their beginning."`
	Reason     string      `json:"Reason" doc:"Why the file ended: interval, no_random_access, parameters, tracks, discontinuity, stream_end, window_end, stopped, shutdown, write_error, no_space, quota, no_storage or crash; adopted if it was found in the storage without being in the catalogue; empty while it is being recorded."`
	Recovered  bool        `json:"Recovered" doc:"Whether it was repaired after a crash."`
	GapSet     []RecordGap `json:"GapSet" doc:"Media that the file lacks."`
	Held       bool        `json:"Held" doc:"Whether it is held, which keeps it from being deleted: see SetMediaHold."`
	HoldReason string      `json:"HoldReason" doc:"Why it is held, for people."`
	HoldTime   string      `json:"HoldTime" doc:"Since when; ISO 8601, UTC. Empty if it is not held."`
	HoldBy     string      `json:"HoldBy" doc:"The SecretId that asked for it."`
	Note       string      `json:"Note" doc:"What was done otherwise than asked when the file was recorded, for people, such as that its class no longer existed."`
}

// RecordGap is media that a file lacks.
type RecordGap struct {
	At     float64 `json:"At" doc:"Place in the file, in seconds."`
	Length float64 `json:"Length" doc:"Seconds that the file lacks there; 0 when the time is there, but without that media."`
	Units  int64   `json:"Units" doc:"Pictures and frames of sound that came but are not in the file."`
	Bytes  int64   `json:"Bytes" doc:"Bytes of those."`
	Reason string  `json:"Reason" doc:"Why, for people."`
}

// MediaMetaData is what is in a file.
type MediaMetaData struct {
	Size           int64                  `json:"Size" doc:"Bytes; of hls, without the playlist."`
	Container      string                 `json:"Container" doc:"Container: flv, mp4, hls, aac."`
	Bitrate        int64                  `json:"Bitrate" doc:"Mean of the whole file, in bits per second."`
	Height         int64                  `json:"Height" doc:"Largest of the video tracks, in pixels."`
	Width          int64                  `json:"Width" doc:"Largest of the video tracks, in pixels."`
	Duration       float64                `json:"Duration" doc:"Seconds."`
	Rotate         int64                  `json:"Rotate" doc:"Always 0."`
	VideoStreamSet []MediaVideoStreamItem `json:"VideoStreamSet" doc:"Video tracks."`
	AudioStreamSet []MediaAudioStreamItem `json:"AudioStreamSet" doc:"Audio tracks."`
	VideoDuration  float64                `json:"VideoDuration" doc:"Seconds; 0 without video."`
	AudioDuration  float64                `json:"AudioDuration" doc:"Seconds; 0 without audio."`
	Md5            string                 `json:"Md5" doc:"Always empty; see Sha256."`
	Sha256         string                 `json:"Sha256" doc:"SHA-256 of the file in hexadecimal; empty until it has been computed, which begins when DescribeMediaInfos first asks for it, unless the server is configured otherwise. An addition of this server."`
}

// MediaVideoStreamItem is a video track.
type MediaVideoStreamItem struct {
	Bitrate          int64  `json:"Bitrate" doc:"Mean, in bits per second; 0 while it is being recorded."`
	Height           int64  `json:"Height" doc:"Pixels."`
	Width            int64  `json:"Width" doc:"Pixels."`
	Codec            string `json:"Codec" doc:"Codec, such as h264."`
	Fps              int64  `json:"Fps" doc:"Mean frames per second, rounded."`
	CodecTag         string `json:"CodecTag" doc:"Always empty."`
	DynamicRangeInfo *None  `json:"DynamicRangeInfo" doc:"Always null."`
}

// MediaAudioStreamItem is an audio track.
type MediaAudioStreamItem struct {
	Bitrate      int64  `json:"Bitrate" doc:"Mean, in bits per second; 0 while it is being recorded."`
	SamplingRate int64  `json:"SamplingRate" doc:"Hz."`
	Codec        string `json:"Codec" doc:"Codec, such as aac."`
}

// blocks say which blocks of a MediaInfo are wanted.
type blocks struct {
	basic, meta, transcode, animated, sprites, snapshots, samples, keyFrames, adaptive bool
}

// parts reports whether a block is wanted that shows parts.
func (b blocks) parts() bool {
	return b.transcode || b.animated || b.sprites || b.snapshots || b.samples || b.adaptive
}

// blocksOf reads Filters: no names mean all blocks, unknown names none.
func blocksOf(filters []string) blocks {
	has := func(name string) bool {
		return len(filters) == 0 || slices.ContainsFunc(filters, func(f string) bool { return strings.EqualFold(f, name) })
	}
	return blocks{
		basic: has("basicInfo"), meta: has("metaData"), transcode: has("transcodeInfo"), animated: has("animatedGraphicsInfo"),
		sprites: has("imageSpriteInfo"), snapshots: has("snapshotByTimeOffsetInfo"), samples: has("sampleSnapshotInfo"),
		keyFrames: has("keyFrameDescInfo"), adaptive: has("adaptiveDynamicStreamingInfo"),
	}
}

// wantHashes asks for the hashes that finished files lack.
func (a *API) wantHashes(assets []vod.Asset) {
	var ids []vod.FileID
	for _, f := range assets {
		if f.Status == vod.StatusNormal && f.SHA256 == "" && f.ObjectKey != "" {
			ids = append(ids, f.ID)
		}
	}
	if a.WantHash != nil && len(ids) > 0 {
		a.WantHash(ids...)
	}
}

// basicInfo is all of it but addresses.
func basicInfo(a *vod.Asset) *MediaBasicInfo {
	class := ""
	if a.ClassID == 0 {
		class = "Other"
	}
	expires := neverExpires
	if !a.ExpireTime.IsZero() {
		expires = utcTime(a.ExpireTime)
	}
	return &MediaBasicInfo{
		Name: a.Name, Description: a.Description, CreateTime: utcTime(a.CreateTime), UpdateTime: utcTime(a.UpdateTime),
		ExpireTime: expires, ClassID: a.ClassID, ClassName: class, ClassPath: class, Type: a.Container,
		StoragePath: a.ObjectKey, TagSet: append([]string{}, a.Tags...), Vid: a.ID.String(), Category: categoryOf(a.Container),
		Status: shownStatus(a), StorageClass: a.StorageClass, SourceInfo: sourceInfo(a),
	}
}

// statusForbidden is the Status of a finished file that must not be played.
const statusForbidden = "Forbidden"

func shownStatus(a *vod.Asset) string {
	if a.Forbidden && a.Status == vod.StatusNormal {
		return statusForbidden
	}
	return string(a.Status)
}

func sourceInfo(a *vod.Asset) MediaSourceData {
	s := MediaSourceData{SourceType: a.SourceType, SourceContext: a.SourceContext}
	if s.SourceType == "" {
		s.SourceType = vod.SourceRecord
	}
	if s.SourceType == vod.SourceRecord {
		s.LiveRecordInfo = &LiveRecordInfo{
			Domain: a.Domain, Path: a.App, StreamID: a.Stream,
			RecordStartTime: utcTime(a.Start), RecordEndTime: utcTime(a.End),
		}
	}
	return s
}

func recordInfo(a *vod.Asset) *RecordInfo {
	info := &RecordInfo{
		TemplateID: a.TemplateID, CauseKind: a.CauseKind, Cause: a.Cause, SessionID: a.SessionID, Reason: a.Reason, Recovered: a.Recovered, GapSet: []RecordGap{},
		Held: a.Held(), HoldReason: a.Hold.Reason, HoldTime: optionalTime(a.Hold.Since), HoldBy: a.Hold.By,
		Note: a.Note,
	}
	for _, g := range a.Gaps {
		info.GapSet = append(info.GapSet, RecordGap{
			At: g.At.Seconds(), Length: g.Length.Seconds(), Units: int64(g.Units), Bytes: g.Bytes, Reason: g.Reason,
		})
	}
	return info
}

func metaData(a *vod.Asset) *MediaMetaData {
	m := &MediaMetaData{
		Size: a.Size, Container: a.Container, Bitrate: bitrate(a.Size, a.Duration), Duration: a.Duration.Seconds(),
		Sha256: a.SHA256, VideoStreamSet: []MediaVideoStreamItem{}, AudioStreamSet: []MediaAudioStreamItem{},
	}
	for _, t := range a.Tracks {
		if t.Kind == "audio" {
			m.AudioDuration = m.Duration
			m.AudioStreamSet = append(m.AudioStreamSet, MediaAudioStreamItem{
				Bitrate: bitrate(t.Bytes, a.Duration), SamplingRate: int64(t.SampleRate), Codec: t.Codec,
			})
			continue
		}
		m.VideoDuration = m.Duration
		m.Width, m.Height = max(m.Width, int64(t.Width)), max(m.Height, int64(t.Height))
		m.VideoStreamSet = append(m.VideoStreamSet, MediaVideoStreamItem{
			Bitrate: bitrate(t.Bytes, a.Duration), Width: int64(t.Width), Height: int64(t.Height), Codec: t.Codec,
			Fps: int64(math.Round(t.FrameRate)),
		})
	}
	return m
}

// bitrate is bits per second, 0 for what has no duration.
func bitrate(size int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(math.Round(float64(size) * 8 / d.Seconds()))
}

func categoryOf(container string) string {
	if slices.Contains(audioContainers(), container) {
		return "Audio"
	}
	return "Video"
}

func audioContainers() []string { return []string{"aac", "mp3"} }

func videoContainers() []string { return []string{"flv", "hls", "mp4"} }
