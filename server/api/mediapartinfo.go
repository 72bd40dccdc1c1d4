package api

// MediaTranscodeInfo is the transcodes of a file.
type MediaTranscodeInfo struct {
	TranscodeSet []MediaTranscodeItem `json:"TranscodeSet" doc:"The transcodes; Definition 0 is the file itself."`
}

// MediaTranscodeItem is a transcode.
type MediaTranscodeItem struct {
	URL                    string                 `json:"Url" doc:"Address at which it can be played or fetched."`
	Definition             int64                  `json:"Definition" doc:"Template it was made by; 0: the file itself."`
	Bitrate                int64                  `json:"Bitrate" doc:"Mean, in bits per second."`
	Height                 int64                  `json:"Height" doc:"Pixels."`
	Width                  int64                  `json:"Width" doc:"Pixels."`
	Size                   int64                  `json:"Size" doc:"Bytes."`
	Duration               float64                `json:"Duration" doc:"Seconds."`
	Md5                    string                 `json:"Md5" doc:"MD5 in hexadecimal, if it is known."`
	Container              string                 `json:"Container" doc:"Container, such as mp4."`
	VideoStreamSet         []MediaVideoStreamItem `json:"VideoStreamSet" doc:"Video tracks."`
	AudioStreamSet         []MediaAudioStreamItem `json:"AudioStreamSet" doc:"Audio tracks."`
	DigitalWatermarkType   string                 `json:"DigitalWatermarkType" doc:"Always None."`
	CopyRightWatermarkText string                 `json:"CopyRightWatermarkText" doc:"Always empty."`
	BlindWatermark         int64                  `json:"BlindWatermarkDefinition" doc:"Always 0."`
	FileID                 string                 `json:"FileId" doc:"Always empty."`
}

// MediaAnimatedGraphicsInfo is the animated pictures of a file.
type MediaAnimatedGraphicsInfo struct {
	AnimatedGraphicsSet []MediaAnimatedGraphicsItem `json:"AnimatedGraphicsSet" doc:"The animated pictures."`
}

// MediaAnimatedGraphicsItem is an animated picture.
type MediaAnimatedGraphicsItem struct {
	URL             string  `json:"Url" doc:"Address of the picture."`
	Definition      int64   `json:"Definition" doc:"Template it was made by."`
	Container       string  `json:"Container" doc:"gif or webp."`
	Height          int64   `json:"Height" doc:"Pixels."`
	Width           int64   `json:"Width" doc:"Pixels."`
	Bitrate         int64   `json:"Bitrate" doc:"Mean, in bits per second."`
	Size            int64   `json:"Size" doc:"Bytes."`
	Md5             string  `json:"Md5" doc:"MD5 in hexadecimal, if it is known."`
	StartTimeOffset float64 `json:"StartTimeOffset" doc:"Where it begins in the file, in seconds."`
	EndTimeOffset   float64 `json:"EndTimeOffset" doc:"Where it ends in the file, in seconds."`
}

// MediaSampleSnapshotInfo is the sample snapshots of a file.
type MediaSampleSnapshotInfo struct {
	SampleSnapshotSet []MediaSampleSnapshotItem `json:"SampleSnapshotSet" doc:"The sets of sample snapshots."`
}

// MediaSampleSnapshotItem is a set of sample snapshots.
type MediaSampleSnapshotItem struct {
	Definition          int64    `json:"Definition" doc:"Template it was made by."`
	SampleType          string   `json:"SampleType" doc:"Percent or Time."`
	Interval            int64    `json:"Interval" doc:"Percent or seconds between two pictures."`
	ImageURLSet         []string `json:"ImageUrlSet" doc:"Addresses of the pictures, in order of time."`
	WaterMarkDefinition []int64  `json:"WaterMarkDefinition" doc:"Always without elements."`
}

// MediaImageSpriteInfo is the sprites of a file.
type MediaImageSpriteInfo struct {
	ImageSpriteSet []MediaImageSpriteItem `json:"ImageSpriteSet" doc:"The sets of sprites."`
}

// MediaImageSpriteItem is a set of sprites: pictures that are made of many small ones.
type MediaImageSpriteItem struct {
	Definition  int64    `json:"Definition" doc:"Template it was made by."`
	Height      int64    `json:"Height" doc:"Height of a small picture, in pixels."`
	Width       int64    `json:"Width" doc:"Width of a small picture, in pixels."`
	TotalCount  int64    `json:"TotalCount" doc:"How many small pictures there are."`
	ImageURLSet []string `json:"ImageUrlSet" doc:"Addresses of the sprites, in order of time."`
	WebVTTURL   string   `json:"WebVttUrl" doc:"Address of a WebVTT file that says which small picture is when."`
}

// MediaSnapshotByTimeOffsetInfo is the snapshots of a file at given times.
type MediaSnapshotByTimeOffsetInfo struct {
	SnapshotByTimeOffsetSet []MediaSnapshotByTimeOffsetItem `json:"SnapshotByTimeOffsetSet" doc:"The sets of snapshots."`
}

// MediaSnapshotByTimeOffsetItem is a set of snapshots.
type MediaSnapshotByTimeOffsetItem struct {
	Definition int64                            `json:"Definition" doc:"Template it was made by."`
	PicInfoSet []MediaSnapshotByTimePicInfoItem `json:"PicInfoSet" doc:"The snapshots, in order of time."`
}

// MediaSnapshotByTimePicInfoItem is a snapshot.
type MediaSnapshotByTimePicInfoItem struct {
	TimeOffset          float64 `json:"TimeOffset" doc:"Its time in the file, in milliseconds."`
	URL                 string  `json:"Url" doc:"Address of the picture."`
	WaterMarkDefinition []int64 `json:"WaterMarkDefinition" doc:"Always without elements."`
}

// MediaKeyFrameDescInfo is the moments of a file that were described.
type MediaKeyFrameDescInfo struct {
	KeyFrameDescSet []MediaKeyFrameDescItem `json:"KeyFrameDescSet" doc:"The moments, in order of time."`
}

// MediaKeyFrameDescItem is a moment of a file with its description.
type MediaKeyFrameDescItem struct {
	TimeOffset float64 `json:"TimeOffset" required:"true" doc:"Its time in the file, in seconds."`
	Content    string  `json:"Content" required:"true" doc:"The description: 1 to 128 characters."`
}

// MediaAdaptiveInfo is the adaptive streams of a file.
type MediaAdaptiveInfo struct {
	AdaptiveDynamicStreamingSet []AdaptiveDynamicStreamingInfoItem `json:"AdaptiveDynamicStreamingSet" doc:"The adaptive streams."`
}

// AdaptiveDynamicStreamingInfoItem is an adaptive stream.
type AdaptiveDynamicStreamingInfoItem struct {
	Definition             int64                    `json:"Definition" doc:"Template it was made by."`
	Package                string                   `json:"Package" doc:"hls."`
	DrmType                string                   `json:"DrmType" doc:"Always empty."`
	URL                    string                   `json:"Url" doc:"Address of the master playlist."`
	Size                   int64                    `json:"Size" doc:"Bytes of all its files."`
	DigitalWatermarkType   string                   `json:"DigitalWatermarkType" doc:"Always None."`
	SubStreamSet           []MediaSubStreamInfoItem `json:"SubStreamSet" doc:"Its renditions."`
	CopyRightWatermarkText string                   `json:"CopyRightWatermarkText" doc:"Always empty."`
	BlindWatermark         int64                    `json:"BlindWatermarkDefinition" doc:"Always 0."`
	SubtitleSet            []None                   `json:"SubtitleSet" doc:"Always without elements."`
	DefaultSubtitleID      string                   `json:"DefaultSubtitleId" doc:"Always empty."`
	DrmEncryptType         string                   `json:"DrmEncryptType" doc:"Always empty."`
}

// MediaSubStreamInfoItem is a rendition.
type MediaSubStreamInfoItem struct {
	Type   string `json:"Type" doc:"video or audio."`
	Width  uint64 `json:"Width" doc:"Pixels."`
	Height uint64 `json:"Height" doc:"Pixels."`
	Size   uint64 `json:"Size" doc:"Bytes."`
}
