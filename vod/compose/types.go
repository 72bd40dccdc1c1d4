package compose

// The structures of ComposeMedia, as requests and DescribeTaskDetail have them (API version 2018-07-17). Times are in seconds.

// MediaTrack is a track of what is to be made.
type MediaTrack struct {
	Type       string           `json:"Type" required:"true" doc:"Video, Audio or Sticker."`
	TrackItems []MediaTrackItem `json:"TrackItems" required:"true" doc:"What is on it, one after the other."`
}

// MediaTrackItem is one piece on a track.
type MediaTrackItem struct {
	Type           string               `json:"Type" required:"true" doc:"Video, Audio, Sticker, Transition or Empty; which of the following counts."`
	VideoItem      *VideoTrackItem      `json:"VideoItem" doc:"Pictures with their sound."`
	AudioItem      *AudioTrackItem      `json:"AudioItem" doc:"Sound."`
	StickerItem    *StickerTrackItem    `json:"StickerItem" doc:"A picture that is laid over."`
	TransitionItem *MediaTransitionItem `json:"TransitionItem" doc:"How the item before passes into the one behind."`
	EmptyItem      *EmptyTrackItem      `json:"EmptyItem" doc:"Nothing for a while."`
}

// VideoTrackItem is a stretch of a file.
type VideoTrackItem struct {
	SourceMedia          string           `json:"SourceMedia" required:"true" doc:"FileId, or a play address of this server."`
	SourceMediaStartTime float64          `json:"SourceMediaStartTime" doc:"Where it begins in the file. Default 0."`
	Duration             float64          `json:"Duration" doc:"How long it is. Default 0: to the end of the file."`
	TargetDuration       float64          `json:"TargetDuration" doc:"How long it is to be played, faster or slower. Default 0: as long as it is."`
	CoordinateOrigin     string           `json:"CoordinateOrigin" doc:"What XPos and YPos are counted from and to: Center (default), TopLeft."`
	XPos                 string           `json:"XPos" doc:"Place on the canvas, such as 10% or 100px. Default 0px."`
	YPos                 string           `json:"YPos" doc:"Place on the canvas, such as 10% or 100px. Default 0px."`
	Width                string           `json:"Width" doc:"Such as 50% of the canvas, or 640px. Default: by Height, or its own."`
	Height               string           `json:"Height" doc:"Such as 50% of the canvas, or 360px. Default: by Width, or its own."`
	AudioOperations      []AudioTransform `json:"AudioOperations" doc:"What is done to its sound."`
	ImageOperations      []ImageTransform `json:"ImageOperations" doc:"What is done to its pictures."`
}

// AudioTrackItem is a stretch of a file's sound.
type AudioTrackItem struct {
	SourceMedia          string           `json:"SourceMedia" required:"true" doc:"FileId, or a play address of this server."`
	SourceMediaStartTime float64          `json:"SourceMediaStartTime" doc:"Where it begins in the file. Default 0."`
	Duration             float64          `json:"Duration" doc:"How long it is. Default 0: to the end of the file."`
	TargetDuration       float64          `json:"TargetDuration" doc:"How long it is to be played, faster or slower. Default 0: as long as it is."`
	AudioOperations      []AudioTransform `json:"AudioOperations" doc:"What is done to it."`
}

// StickerTrackItem is the first picture of a file, laid over for a while.
type StickerTrackItem struct {
	SourceMedia      string           `json:"SourceMedia" required:"true" doc:"FileId, or a play address of this server."`
	Duration         float64          `json:"Duration" required:"true" doc:"How long it is shown."`
	StartTime        float64          `json:"StartTime" doc:"When it is shown first, from where the item before ends."`
	CoordinateOrigin string           `json:"CoordinateOrigin" doc:"What XPos and YPos are counted from and to: Center (default), TopLeft."`
	XPos             string           `json:"XPos" doc:"Place on the canvas, such as 10% or 100px. Default 0px."`
	YPos             string           `json:"YPos" doc:"Place on the canvas, such as 10% or 100px. Default 0px."`
	Width            string           `json:"Width" doc:"Such as 50% of the canvas, or 640px. Default: by Height, or its own."`
	Height           string           `json:"Height" doc:"Such as 50% of the canvas, or 360px. Default: by Width, or its own."`
	ImageOperations  []ImageTransform `json:"ImageOperations" doc:"What is done to it."`
}

// MediaTransitionItem is how one item passes into the next.
type MediaTransitionItem struct {
	Duration         float64               `json:"Duration" required:"true" doc:"How long it takes; both items are shown meanwhile."`
	Transitions      []TransitionOperation `json:"Transitions" doc:"The older name of MediaTransitions."`
	MediaTransitions []TransitionOperation `json:"MediaTransitions" doc:"At most one for the pictures and one for the sound."`
}

// TransitionOperation is the kind of a transition.
type TransitionOperation struct {
	Type string `json:"Type" required:"true" doc:"Such as ImageFadeInFadeOut and AudioFadeInFadeOut."`
}

// EmptyTrackItem is nothing for a while.
type EmptyTrackItem struct {
	Duration float64 `json:"Duration" required:"true" doc:"How long."`
}

// AudioTransform is something done to sound.
type AudioTransform struct {
	Type        string            `json:"Type" required:"true" doc:"Volume."`
	VolumeParam *AudioVolumeParam `json:"VolumeParam" doc:"Of Volume."`
}

// AudioVolumeParam is a change of volume.
type AudioVolumeParam struct {
	Mute int64   `json:"Mute" doc:"1: it is not heard."`
	Gain float64 `json:"Gain" doc:"By how many dB it is made louder; below 0: quieter."`
}

// ImageTransform is something done to pictures.
type ImageTransform struct {
	Type        string  `json:"Type" required:"true" doc:"Rotate or Flip."`
	RotateAngle float64 `json:"RotateAngle" doc:"Degrees clockwise, 0 to 360; of Rotate."`
	Flip        string  `json:"Flip" doc:"Horizental (as published; Horizontal is taken too) or Vertical; of Flip."`
}

// ComposeMediaOutput is what is to be made.
type ComposeMediaOutput struct {
	FileName    string             `json:"FileName" required:"true" doc:"Name of the new file; at most 64 characters."`
	Description string             `json:"Description" doc:"For people; at most 128 characters."`
	ClassID     int64              `json:"ClassId" doc:"Class. Default 0: Other."`
	ExpireTime  string             `json:"ExpireTime" doc:"When it is deleted; ISO 8601. Default: never."`
	Container   string             `json:"Container" doc:"mp4 (default), mp3; m4a and hls are additions of this server."`
	VideoStream *OutputVideoStream `json:"VideoStream" doc:"How pictures are to be."`
	AudioStream *OutputAudioStream `json:"AudioStream" doc:"How sound is to be."`
	RemoveVideo int64              `json:"RemoveVideo" doc:"1: without pictures."`
	RemoveAudio int64              `json:"RemoveAudio" doc:"1: without sound."`
	Precision   string             `json:"Precision" doc:"What is cut: rough (default) begins at the random access point at or before the time asked for where nothing has to be encoded; precise begins at the picture asked for, and encodes what it must. An addition of this server."`
}

// OutputVideoStream is how pictures are to be.
type OutputVideoStream struct {
	Codec string `json:"Codec" doc:"libx264."`
	Fps   int64  `json:"Fps" doc:"Pictures per second, 0 to 60. Default 0: as in the first file."`
}

// OutputAudioStream is how sound is to be.
type OutputAudioStream struct {
	Codec        string `json:"Codec" doc:"libfdk_aac for mp4, libmp3lame for mp3."`
	SampleRate   int64  `json:"SampleRate" doc:"16000, 32000, 44100 or 48000. Default 0: as in the first file."`
	AudioChannel int64  `json:"AudioChannel" doc:"1 or 2. Default 0: as in the first file."`
	Bitrate      int64  `json:"Bitrate" doc:"kbps, 26 to 256. Default 0: as it is, or 128 where it has to be encoded."`
}

// Canvas is what pictures are laid on.
type Canvas struct {
	Color  string `json:"Color" doc:"Black (default) or White."`
	Width  int64  `json:"Width" doc:"Pixels, 0 to 3840. Default 0: as the first file."`
	Height int64  `json:"Height" doc:"Pixels, 0 to 3840. Default 0: as the first file."`
}

// Input is the input of a task.Compose task.
type Input struct {
	Tracks []MediaTrack       `json:"Tracks" doc:"What was asked for."`
	Canvas *Canvas            `json:"Canvas" doc:"What was asked for."`
	Output ComposeMediaOutput `json:"Output" doc:"What was asked for."`
}

// Output is what came of a task of this package.
type Output struct {
	FileID string `json:"FileId"`
	// FileURL is vod.PlayPath: whoever shows it makes an address of it.
	FileURL    string `json:"FileUrl"`
	FileType   string
	MediaName  string
	ClassID    int64 `json:"ClassId"`
	ExpireTime string
	// Method is how it was made: MethodCopy, MethodEdges or MethodEncode. Reason is why it was not copied, for people.
	Method, Reason string
	// Duration in seconds.
	Duration float64
	Items    []ItemResult
	Gaps     []GapResult
}

// How a result was made.
const (
	MethodCopy   = "copy"
	MethodEdges  = "edges"
	MethodEncode = "encode"
)

// ItemResult is what became of an item. Times are in seconds.
type ItemResult struct {
	FileID string `json:"FileId"`
	// AskedStart and AskedEnd are what was asked for, StartTime and EndTime what was taken of the file, both from where players begin to
	// count. AskedEnd is 0 for its end.
	AskedStart, AskedEnd, StartTime, EndTime float64
	// Offset is where it is in the result, Duration how long.
	Offset, Duration float64
}

// GapResult is media that the result lacks: Length seconds at At.
type GapResult struct {
	At, Length float64
	Reason     string
}
