package api

import (
	"errors"
	"fmt"
	"strings"

	"aircheck/ingest/media"
	"aircheck/ingest/pull"
	"aircheck/rules"
	"aircheck/server/auth"
	"aircheck/vod"
	"aircheck/vod/compose"
	"aircheck/vod/event"
	"aircheck/vod/process"
	"aircheck/vod/task"
)

// Error is an answer to a request that failed.
type Error struct {
	// Code is one of the published codes, Message is for the caller.
	Code, Message string
}

// Error returns "Code: Message".
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func failf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// The published codes that are not tied to an action.
const (
	codeInternal      = "InternalError"
	codeInvalidAction = "InvalidAction"
	codeInvalid       = "InvalidParameter"
	codeInvalidValue  = "InvalidParameterValue"
	codeMissing       = "MissingParameter"
	codeNoVersion     = "NoSuchVersion"
	codeTooLarge      = "RequestSizeLimitExceeded"
	codeBadRequest    = "InvalidRequest"
	codeUnknown       = "UnknownParameter"
	codeProtocol      = "UnsupportedProtocol"
	codeUnavailable   = "ServiceUnavailable"
	codeTooOften      = "RequestLimitExceeded"
	codeVodFileName   = "InvalidParameter.InvalidVodFileName"
	codeDomainFormat  = "InvalidParameter.DomainFormatError"
	codePushNoRecord  = "ResourceNotFound.PushDomainNoRecord"
	codePlayNoRecord  = "ResourceNotFound.PlayDomainNoRecord"
	codeURLNotSafe    = "InvalidParameter.UrlNotSafe"
	codeFailed        = "FailedOperation"
	codeLimit         = "LimitExceeded"
	codeVodUser       = "FailedOperation.InvalidVodUser"
	codeSubAppID      = "InvalidParameterValue.SubAppId"
	codeFileID        = "InvalidParameterValue.FileId"
	codeNoFile        = "ResourceNotFound.FileNotExist"
	codeNotHere       = "ResourceUnavailable"
	codeParamError    = "InvalidParameter.ParamError"
	codeAttribute     = "InvalidParameterValue.attributeKey"
)

// errorRow says which code answers a domain error: that of the action, or else the general one.
type errorRow struct {
	err     error
	general string
	// when says it to readers of the reference.
	when    string
	actions map[string]string
}

// errorTable is the one place where domain errors meet published codes. A code is one that the specification lists for the
// action.
func errorTable() []errorRow {
	return []errorRow{
		{rules.ErrTemplateNotFound, "InvalidParameter.ConfNotFound", "A rule is to use a template that does not exist.", nil},
		{rules.ErrNotFound, "FailedOperation.NotFound", "There is no such template or rule.", map[string]string{
			"DeleteLiveRecordTemplate": "InternalError.ConfNotFound",
		}},
		{rules.ErrExists, "FailedOperation.RuleAlreadyExist", "The same domain, app and stream, or domain and app, have a rule already.", nil},
		{rules.ErrInUse, "FailedOperation.ConfInUsed", "A rule uses the template, or a record task that is not over.", nil},
		{rules.ErrTemplateLimit, "InternalError.ConfOutLimit", "There are 50 templates of that kind already.", nil},
		{rules.ErrRuleLimit, "InternalError.RuleOutLimit", "There are 50 rules or 1000 callback rules already.", nil},
		{rules.ErrTaskNotFound, codeInvalid, "There is no such record task, or it was deleted.", map[string]string{
			"StopLiveRecord":   "ResourceNotFound.TaskId",
			"DeleteLiveRecord": "ResourceNotFound.TaskId",
		}},
		{rules.ErrTaskStream, "ResourceNotFound.ChannelNotExist", "The record task is of another stream.", nil},
		{rules.ErrTaskRunning, "FailedOperation.AlterTaskState", "The task is recording: stop it first.", nil},
		{rules.ErrTaskLimit, "LimitExceeded.MaximumRunningTask", "More record tasks of the stream would run at once than `tasks.max_per_stream`.", nil},
		{process.ErrExists, "InvalidParameter.ExistedProcedureName", "There is a procedure of that name.", nil},
		{process.ErrBuiltIn, "InvalidParameter.ExistedProcedureName", "A procedure of that name is built in.", nil},
		{process.ErrNotFound, "InvalidParameter.ProcedureNameNotExist", "There is no procedure of that name.", map[string]string{
			"DeleteProcedureTemplate": codeInvalid, "ProcessMediaByProcedure": "InvalidParameterValue.ProcedureName",
		}},
		{process.ErrLimit, codeLimit, "There are 50 procedures already.", nil},
		{process.ErrSessionID, "InvalidParameterValue.SessionIdTooLong", "SessionId is too long.", nil},
		{process.ErrSessionContext, "InvalidParameterValue.SessionContextTooLong", "SessionContext is too long.", nil},
		{vod.ErrNotFound, "ResourceNotFound", "There is no such file.", map[string]string{
			"ProcessMedia": codeFileID, "ProcessMediaByProcedure": codeFileID, "ModifyMediaStorageClass": codeNoFile, "ModifyMediaInfo": codeNoFile,
		}},
		{vod.ErrRecording, codeFailed, "The file is still being recorded.", map[string]string{
			"ProcessMedia": codeFileID, "ProcessMediaByProcedure": codeFileID, "ModifyMediaStorageClass": codeNotHere,
		}},
		{task.ErrNotFound, "ResourceNotFound", "There is no such task of the last three days.", nil},
		{compose.ErrNoRecordings, "ResourceNotFound", "There is no recording of that stream in that time.", nil},
		{task.ErrDuplicate, "InvalidParameterValue.SessionId", "There has been a task with the same SessionId in the last three days.", map[string]string{
			"ProcessMedia": "FailedOperation.TaskDuplicate",
		}},
		{task.ErrNotWaiting, codeFailed, "The task is not WAITING any more.", nil},
		{task.ErrFull, codeLimit, "As many tasks wait as `catalog.max_tasks` allows.", nil},
		{event.ErrHandle, codeInvalidValue, "An event was pulled more than 30 seconds ago, or never.", nil},
		{event.ErrPushed, codeFailed, "The events of the application are pushed, not pulled.", nil},
		{vod.ErrHeld, "FailedOperation.MediaHeld", "The file is held: see SetMediaHold. The code is an addition of this server.", nil},
		{vod.ErrTagsConflict, "InvalidParameterValue.AddTagsAndClearTagsConflict", "Tags are to be added, and all to be removed.", nil},
		{vod.ErrTagConflict, "InvalidParameterValue.AddTagsAndDeleteTagsConflict", "A tag is to be added and to be removed.", nil},
		{vod.ErrKeyFramesConflict, "InvalidParameterValue.AddKeyFrameDescsAndClearKeyFrameDescsConflict", "Moments are to be described, and all to lose it.", nil},
		{vod.ErrKeyFrameConflict, "InvalidParameterValue.AddKeyFrameDescsAndDeleteKeyFrameDescsConflict", "A moment is to be described, and to lose it.", nil},
		{vod.ErrTag, "InvalidParameterValue.TagTooLong", "A tag is empty or too long.", nil},
		{vod.ErrTags, "LimitExceeded.TagCountReachMax", "The file would have more than 16 tags.", nil},
		{vod.ErrKeyFrame, "InvalidParameterValue.KeyFrameDescContentTooLong", "The description of a moment is empty or too long.", nil},
		{vod.ErrKeyFrames, "LimitExceeded.KeyFrameDescCountReachMax", "The file would have more than 100 moments with a description.", nil},
		{vod.ErrImage, "InvalidParameterValue.ImageDecodeError", "A cover is not a picture, or too large.", nil},
		{vod.ErrNoRoom, codeFailed, "There is too little room for anything but recordings.", map[string]string{
			"ModifyMediaInfo": "InternalError.UploadCoverImageError",
		}},
		{vod.ErrLost, codeNotHere, "The file is not in its storage.", map[string]string{
			"ProcessMedia": codeFileID, "ProcessMediaByProcedure": codeFileID,
		}},
		{vod.ErrNoSubApp, codeVodUser, "There is no such sub-application.", badSubApp()},
		{vod.ErrSubAppOff, codeVodUser, "The sub-application is off: nothing in it can be changed.", map[string]string{
			"DeleteClass": codeFailed, "ModifyMediaStorageClass": "UnsupportedOperation",
		}},
		{vod.ErrSubAppUsed, codeInvalidValue, "A sub-application that is to be destroyed has files.", nil},
		{vod.ErrSubAppLimit, codeLimit, "There are 500 sub-applications already.", nil},
		{vod.ErrClassNotFound, "FailedOperation.ClassNoFound", "The application has no such class.", map[string]string{
			"DeleteClass": "InvalidParameterValue.ClassId",
		}},
		{vod.ErrParentNotFound, "FailedOperation.ParentIdNoFound", "The application has no such class.", nil},
		{vod.ErrClassExists, "FailedOperation.ClassNameDuplicate", "There is a class of that name beside it.", nil},
		{vod.ErrClassLevels, "FailedOperation.ClassLevelLimitExceeded", "Classes are nested 4 deep at most.", nil},
		{vod.ErrSubclasses, "FailedOperation.SubclassLimitExceeded", "The class has 500 classes below it, or there are 500 at the top.", nil},
		{vod.ErrClassNotEmpty, "UnsupportedOperation.ClassNotEmpty", "There are files in the class, or classes below it.", nil},
		{vod.ErrStorageClass, "InvalidParameterValue.UnsupportedStorageClass", "There are the classes STANDARD and STANDARD_IA only.", nil},
		{vod.ErrTransition, "InvalidParameterValue.UnsupportedTransition", "The file has that storage class already.", nil},
		{vod.ErrRestoreTier, "InvalidParameterValue.UnsupportedRestoreTier", "There is no archive to restore from.", nil},
		{pull.ErrNotFound, "InternalError.ConfigNotExist", "There is no such pull source.", nil},
		{pull.ErrExists, "FailedOperation", "The stream has a pull source already that is fetched at the same time.", nil},
		{pull.ErrLimit, "LimitExceeded", "There are 1000 pull sources already.", nil},
		{pull.ErrFixed, "UnsupportedOperation", "The pull source is in the configuration file.", nil},
		{auth.ErrDomainNotFound, "ResourceNotFound.DomainNotExist", "There is no such domain.", map[string]string{
			"EnableLiveDomain":        "ResourceNotFound.DomainNoRecord",
			"ForbidLiveDomain":        "ResourceNotFound",
			"DescribeLivePushAuthKey": codePushNoRecord,
			"ModifyLivePushAuthKey":   codePushNoRecord,
			"DescribeLivePlayAuthKey": codePlayNoRecord,
			"ModifyLivePlayAuthKey":   codePlayNoRecord,
		}},
		{media.ErrBadPath, codeInvalidValue, "No stream can have that app or name.", nil},
		{auth.ErrForbidLimit, "FailedOperation", "There are 10000 forbidden streams already.", nil},
		{auth.ErrDomainExists, "FailedOperation.DomainAdded", "There is such a domain already.", nil},
		{auth.ErrDomainLimit, "FailedOperation.HostOutLimit", "There are 100 domains already.", nil},
		{auth.ErrAccessKeyNotFound, "ResourceNotFound.SecretNotExist", "There is no such access key.", nil},
		{auth.ErrAccessKeyLimit, "OperationDenied.AccessKeyOverLimit", "There are 50 access keys already, beside the first.", nil},
		{auth.ErrAccessKeyFixed, "FailedOperation.Accesskey", "It is the server's first key, which no action changes.", nil},
		{auth.ErrDomainInUse, "FailedOperation", "A rule names the domain, or it is the built-in one.", nil},
	}
}

// badSubApp are the codes of an application that does not exist in the actions that have one for the parameter itself, or none of the two.
func badSubApp() map[string]string {
	out := map[string]string{"DeleteClass": codeFailed, "ModifyMediaStorageClass": codeInvalidValue}
	for _, action := range []string{
		"SearchMedia", "CreateProcedureTemplate", "DeleteProcedureTemplate", "ResetProcedureTemplate", "ProcessMedia",
		"ProcessMediaByProcedure", "DescribeTaskDetail", "ModifySubAppIdInfo",
	} {
		out[action] = codeSubAppID
	}
	return out
}

// fieldCodes are the codes of fields that have their own; a bad value of any other field is codeInvalidValue.
func fieldCodes() map[string]string {
	return map[string]string{"VodFileName": codeVodFileName, "DomainName": codeDomainFormat}
}

// taskCodes are the codes of bad values in the actions that have one for all of them.
func taskCodes() map[string]string {
	return map[string]string{
		"CreateRecordTask": codeInvalid, "DescribeRecordTask": codeInvalid, "CreateLiveRecord": codeInvalidValue,
		"DescribeLiveRecordTasks": codeInvalid, "CreateAccessKey": codeParamError,
	}
}

// vodCodes are those of the actions of vod.
func vodCodes() map[string]string {
	return map[string]string{
		"CreateProcedureTemplate": codeInvalid, "ResetProcedureTemplate": codeInvalid, "DeleteProcedureTemplate": codeInvalid,
		"ProcessMedia": codeInvalidValue, "ProcessMediaByProcedure": codeInvalidValue,
		"ConfirmEvents": codeInvalidValue, "ModifyEventConfig": codeInvalid, "DescribeTasks": codeInvalidValue,
		"DescribeSubAppIds": codeInvalidValue, "ModifySubAppIdInfo": codeInvalidValue, "ModifySubAppIdStatus": codeInvalidValue,
	}
}

// mediaFields are the fields of media actions that have a code of their own, InvalidParameterValue and this.
func mediaFields() map[string]string {
	return map[string]string{
		"FileIds": ".FileIds", "Vids": ".Vids", "Vid": ".Vids", "Names": ".Names", "NamePrefixes": ".NamePrefixes",
		"ClassIds": ".ClassIds", "Tags": ".Tags", "Categories": ".Categories", "SourceTypes": ".SourceTypes",
		"SourceType": ".SourceType", "StreamIds": ".StreamIds", "StorageRegions": ".StorageRegions",
		"MediaTypes": ".Types", "Text": ".Text", "Offset": ".Offset", "Limit": ".Offset", "Sort": ".Sort",
		"CreateTime.After": ".StartTime", "StartTime": ".StartTime", "ExpireTime.After": ".StartTime",
		"CreateTime.Before": ".EndTime", "EndTime": ".EndTime", "ExpireTime.Before": ".EndTime",
		"StartTimeOffset": ".StartTimeOffset", "EndTimeOffset": ".EndTimeOffset", "Url": ".Url", "IsPersistence": ".IsPersistence",
		"OutputMediaType": ".OutputMediaType", "Procedure": ".Procedure", "Precision": ".Precision",
		"SessionContext": ".SessionContextTooLong", "SessionId": ".SessionId",
		"ClassName": ".ClassName", "ParentId": ".ParentId", "ClassId": ".ClassId", "StorageClass": ".StorageClass",
		"Name": ".Name", "Description": ".Description", "ExpireTime": ".ExpireTime",
	}
}

// public translates an error of an action into its answer. It returns nil for an error whose text is not for the caller.
func public(action string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var f *auth.Failure
	if errors.As(err, &f) {
		return &Error{Code: f.Code, Message: f.Message}
	}
	var badRule *rules.InvalidError
	if errors.As(err, &badRule) {
		if only, ok := taskCodes()[action]; ok {
			return &Error{Code: only, Message: badRule.Error()}
		}
		return invalidField(badRule.Field, badRule.Error())
	}
	var badPull *pull.InvalidError
	if errors.As(err, &badPull) {
		return &Error{Code: codeInvalidValue, Message: badPull.Error()}
	}
	var badMedia *vod.InvalidError
	if errors.As(err, &badMedia) {
		if only, ok := vodCodes()[action]; ok {
			return &Error{Code: only, Message: badMedia.Error()}
		}
		return &Error{Code: codeInvalidValue + mediaFields()[badMedia.Field], Message: badMedia.Error()}
	}
	var badDomain *auth.InvalidError
	if errors.As(err, &badDomain) {
		if only, ok := taskCodes()[action]; ok {
			return &Error{Code: only, Message: badDomain.Error()}
		}
		return invalidField(badDomain.Field, badDomain.Error())
	}
	for _, row := range errorTable() {
		if !errors.Is(err, row.err) {
			continue
		}
		code := row.general
		if own, ok := row.actions[action]; ok {
			code = own
		}
		return &Error{Code: code, Message: err.Error()}
	}
	return nil
}

func invalidField(field, message string) *Error {
	last := field[strings.LastIndexByte(field, '.')+1:]
	if strings.HasSuffix(last, "NotifyUrl") {
		return &Error{Code: codeURLNotSafe, Message: message}
	}
	if code, ok := fieldCodes()[last]; ok {
		return &Error{Code: code, Message: message}
	}
	return &Error{Code: codeInvalidValue, Message: message}
}
