package api

import (
	"context"
	"crypto/md5" //nolint:gosec // the wire format's hash
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"aircheck/vod"
	"aircheck/vod/event"
	"aircheck/vod/task"
)

// ErrUnknownEvent: a later version has written it.
var ErrUnknownEvent = errors.New("this version does not know the kind of event")

// EventContent is an event of the catalogue. Of the fields named ...Event one is there, that of its EventType.
type EventContent struct {
	EventHandle string `json:"EventHandle,omitempty" doc:"What ConfirmEvents is given; not in what is pushed."`
	EventType   string `json:"EventType" doc:"NewFileUpload, FileDeleted, ProcedureStateChanged, ComposeMediaComplete or PersistenceComplete."`

	FileUploadEvent           *FileUploadTask          `json:"FileUploadEvent" doc:"There is a new file."`
	ProcedureStateChangeEvent *ProcedureTask           `json:"ProcedureStateChangeEvent" doc:"A task flow has ended, or come so far."`
	FileDeleteEvent           *FileDeleteTask          `json:"FileDeleteEvent" doc:"Files were deleted, or parts of them."`
	ComposeMediaCompleteEvent *ComposeMediaTask        `json:"ComposeMediaCompleteEvent" doc:"A composition has ended."`
	PersistenceCompleteEvent  *PersistenceCompleteTask `json:"PersistenceCompleteEvent" doc:"A clip has become a file of its own."`

	// The events that this server has none of.
	PullCompleteEvent                       *None `json:"PullCompleteEvent" doc:"Always null."`
	EditMediaCompleteEvent                  *None `json:"EditMediaCompleteEvent" doc:"Always null."`
	SplitMediaCompleteEvent                 *None `json:"SplitMediaCompleteEvent" doc:"Always null."`
	ClipCompleteEvent                       *None `json:"ClipCompleteEvent" doc:"Always null."`
	TranscodeCompleteEvent                  *None `json:"TranscodeCompleteEvent" doc:"Always null."`
	CreateImageSpriteCompleteEvent          *None `json:"CreateImageSpriteCompleteEvent" doc:"Always null."`
	ConcatCompleteEvent                     *None `json:"ConcatCompleteEvent" doc:"Always null."`
	SnapshotByTimeOffsetCompleteEvent       *None `json:"SnapshotByTimeOffsetCompleteEvent" doc:"Always null."`
	WechatPublishCompleteEvent              *None `json:"WechatPublishCompleteEvent" doc:"Always null."`
	WechatMiniProgramPublishCompleteEvent   *None `json:"WechatMiniProgramPublishCompleteEvent" doc:"Always null."`
	RemoveWatermarkCompleteEvent            *None `json:"RemoveWatermarkCompleteEvent" doc:"Always null."`
	RestoreMediaCompleteEvent               *None `json:"RestoreMediaCompleteEvent" doc:"Always null."`
	RebuildMediaCompleteEvent               *None `json:"RebuildMediaCompleteEvent" doc:"Always null."`
	ExtractTraceWatermarkCompleteEvent      *None `json:"ExtractTraceWatermarkCompleteEvent" doc:"Always null."`
	ExtractCopyRightWatermarkCompleteEvent  *None `json:"ExtractCopyRightWatermarkCompleteEvent" doc:"Always null."`
	ReviewAudioVideoCompleteEvent           *None `json:"ReviewAudioVideoCompleteEvent" doc:"Always null."`
	ReduceMediaBitrateCompleteEvent         *None `json:"ReduceMediaBitrateCompleteEvent" doc:"Always null."`
	DescribeFileAttributesCompleteEvent     *None `json:"DescribeFileAttributesCompleteEvent" doc:"Always null."`
	QualityInspectCompleteEvent             *None `json:"QualityInspectCompleteEvent" doc:"Always null."`
	QualityEnhanceCompleteEvent             *None `json:"QualityEnhanceCompleteEvent" doc:"Always null."`
	MediaCastStatusChangedEvent             *None `json:"MediaCastStatusChangedEvent" doc:"Always null."`
	ComplexAdaptiveDynamicStreamingComplete *None `json:"ComplexAdaptiveDynamicStreamingCompleteEvent" doc:"Always null."`
	ProcessMediaByMPSCompleteEvent          *None `json:"ProcessMediaByMPSCompleteEvent" doc:"Always null."`
	AigcImageCompleteEvent                  *None `json:"AigcImageCompleteEvent" doc:"Always null."`
	AigcVideoCompleteEvent                  *None `json:"AigcVideoCompleteEvent" doc:"Always null."`
	ExtractBlindWatermarkComplete           *None `json:"ExtractBlindWatermarkComplete" doc:"Always null."`
	SceneAigcImageCompleteEvent             *None `json:"SceneAigcImageCompleteEvent" doc:"Always null."`
	ProcessImageAsyncCompleteEvent          *None `json:"ProcessImageAsyncCompleteEvent" doc:"Always null."`
	CreateAigcAdvancedCustomElementComplete *None `json:"CreateAigcAdvancedCustomElementCompleteEvent" doc:"Always null."`
	CreateAigcCustomVoiceCompleteEvent      *None `json:"CreateAigcCustomVoiceCompleteEvent" doc:"Always null."`
	DescribeAigcFaceInfoAsyncCompleteEvent  *None `json:"DescribeAigcFaceInfoAsyncCompleteEvent" doc:"Always null."`
	AigcHunyuan3DCompleteEvent              *None `json:"AigcHunyuan3DCompleteEvent" doc:"Always null."`
}

// FileUploadTask tells of a new file.
type FileUploadTask struct {
	FileID                 string          `json:"FileId" doc:"The file."`
	MediaBasicInfo         *MediaBasicInfo `json:"MediaBasicInfo" doc:"What is known of it."`
	ProcedureTaskID        string          `json:"ProcedureTaskId" doc:"The task flow that was begun with it; or empty."`
	ReviewAudioVideoTaskID string          `json:"ReviewAudioVideoTaskId" doc:"Always empty."`
	MetaData               *MediaMetaData  `json:"MetaData" doc:"What is in it."`
}

// FileDeleteTask tells of what was deleted.
type FileDeleteTask struct {
	FileIDSet            []string               `json:"FileIdSet" doc:"The files."`
	FileDeleteResultInfo []FileDeleteResultItem `json:"FileDeleteResultInfo" doc:"What was deleted of each."`
}

// FileDeleteResultItem is what was deleted of a file.
type FileDeleteResultItem struct {
	FileID      string            `json:"FileId" doc:"The file."`
	DeleteParts []DeletedPartItem `json:"DeleteParts" doc:"The parts; none: all of it."`
}

// DeletedPartItem is a kind of derived file.
type DeletedPartItem struct {
	Type       string `json:"Type" doc:"OriginalFiles, TranscodeFiles or AdaptiveDynamicStreamingFiles."`
	Definition int64  `json:"Definition" doc:"The template; 0: all of that type."`
}

// PersistenceCompleteTask tells of a clip that has become a file.
type PersistenceCompleteTask struct {
	FileID            string `json:"FileId" doc:"The file."`
	PersistenceSource string `json:"PersistenceSource" doc:"What it was made with, such as SimpleHlsClip."`
}

// Event shows an event.
func (v *Views) Event(ctx context.Context, e *event.Stored) (*EventContent, error) {
	c := &EventContent{EventHandle: e.Handle, EventType: string(e.Kind)}
	var err error
	switch e.Kind {
	case event.Uploaded:
		var u event.Upload
		if err = decodeEvent(e, &u); err == nil {
			c.FileUploadEvent = &FileUploadTask{
				FileID: u.Asset.ID.String(), MediaBasicInfo: v.basic(&u.Asset), ProcedureTaskID: u.ProcedureTaskID, MetaData: metaData(&u.Asset),
			}
			err = label(ctx, v.Classes, []vod.Asset{u.Asset}, c.FileUploadEvent.MediaBasicInfo)
		}
	case event.Deleted:
		var d event.Deletion
		if err = decodeEvent(e, &d); err == nil {
			c.FileDeleteEvent = fileDeleteTask(d)
		}
	case event.Persisted:
		var p event.Persistence
		if err = decodeEvent(e, &p); err == nil {
			c.PersistenceCompleteEvent = &PersistenceCompleteTask{FileID: p.FileID.String(), PersistenceSource: p.Source}
		}
	case event.Composed, event.ProcedureChanged:
		var t task.Task
		if err = decodeEvent(e, &t); err != nil {
			return nil, err
		}
		if e.Kind == event.Composed {
			c.ComposeMediaCompleteEvent, err = v.composeTask(ctx, &t)
		} else {
			c.ProcedureStateChangeEvent, err = v.procedureTask(ctx, &t)
		}
	default:
		err = fmt.Errorf("event %d: %w: %q", e.ID, ErrUnknownEvent, e.Kind)
	}
	return c, err
}

func decodeEvent(e *event.Stored, to any) error {
	if err := json.Unmarshal(e.Content, to); err != nil {
		return fmt.Errorf("decode event %d: %w", e.ID, err)
	}
	return nil
}

func fileDeleteTask(d event.Deletion) *FileDeleteTask {
	out := &FileDeleteTask{FileIDSet: []string{}, FileDeleteResultInfo: []FileDeleteResultItem{}}
	for _, f := range d.Files {
		item := FileDeleteResultItem{FileID: f.FileID.String(), DeleteParts: []DeletedPartItem{}}
		for _, p := range f.Parts {
			item.DeleteParts = append(item.DeleteParts, DeletedPartItem{Type: p.Type, Definition: p.Definition})
		}
		out.FileIDSet = append(out.FileIDSet, item.FileID)
		out.FileDeleteResultInfo = append(out.FileDeleteResultInfo, item)
	}
	return out
}

// eventValidity is how long the signature of what is pushed is good, as the receiver is told.
const eventValidity = 10 * time.Minute

// EventBody is what is pushed of an event: the same without a handle, and with a key T, when its signature ends, and Sign.
func (v *Views) EventBody(ctx context.Context, e *event.Stored, key string, now time.Time) ([]byte, error) {
	c, err := v.Event(ctx, e)
	if err != nil {
		return nil, err
	}
	c.EventHandle = ""
	if key == "" {
		return encode(c)
	}
	t := now.Add(eventValidity).Unix()
	sum := md5.Sum([]byte(key + strconv.FormatInt(t, 10))) //nolint:gosec // the wire format's hash
	return encode(struct {
		*EventContent
		Sign string
		T    int64
	}{c, hex.EncodeToString(sum[:]), t})
}
