package api

import (
	"context"
	"time"

	"aircheck/server/auth"
)

// AccessKey is a key of the API as it is listed.
type AccessKey struct {
	AccessKeyID   string `json:"AccessKeyId" doc:"The SecretId."`
	Status        string `json:"Status" doc:"Active, or Inactive: calls signed with it are refused."`
	CreateTime    string `json:"CreateTime" doc:"When it was made, in the API's zone. Empty for a key of the configuration."`
	Description   string `json:"Description" doc:"For people."`
	CreateTimeUTC string `json:"CreateTimeUtc" doc:"CreateTime in ISO 8601, UTC. An extension."`
	LastUsedTime  string `json:"LastUsedTime" doc:"When it was last used, within a minute; ISO 8601, UTC. Empty: never. An extension."`
	BuiltIn       bool   `json:"BuiltIn" doc:"It is the server's first key, in secrets/api_key of the data folder or in api.secret_id, which no action changes. An extension."`
}

// AccessKeyDetail is a key that has just been made.
type AccessKeyDetail struct {
	AccessKeyID     string `json:"AccessKeyId" doc:"The SecretId."`
	SecretAccessKey string `json:"SecretAccessKey" doc:"The SecretKey. It is not told again."`
	Status          string `json:"Status" doc:"Active."`
	CreateTime      string `json:"CreateTime" doc:"Now, in the API's zone."`
	Description     string `json:"Description" doc:"As it was given."`
}

// CreateAccessKeyRequest is the request of CreateAccessKey.
type CreateAccessKeyRequest struct {
	TargetUin   *uint64 `json:"TargetUin" doc:"Accepted and ignored: there is one account."`
	Description string  `json:"Description" doc:"For people: at most 1024 characters."`
}

// CreateAccessKeyResponse is the answer of CreateAccessKey.
type CreateAccessKeyResponse struct {
	AccessKey AccessKeyDetail `json:"AccessKey" doc:"The key, with its secret."`
}

// ListAccessKeysRequest is the request of ListAccessKeys.
type ListAccessKeysRequest struct {
	TargetUin *uint64 `json:"TargetUin" doc:"Accepted and ignored."`
}

// ListAccessKeysResponse is the answer of ListAccessKeys.
type ListAccessKeysResponse struct {
	AccessKeys []AccessKey `json:"AccessKeys" doc:"All keys: the server's first, then the others by age."`
}

// UpdateAccessKeyRequest is the request of UpdateAccessKey.
type UpdateAccessKeyRequest struct {
	AccessKeyID string  `json:"AccessKeyId" required:"true" doc:"The SecretId."`
	Status      string  `json:"Status" required:"true" doc:"Active or Inactive."`
	TargetUin   *uint64 `json:"TargetUin" doc:"Accepted and ignored."`
}

// DeleteAccessKeyRequest is the request of DeleteAccessKey.
type DeleteAccessKeyRequest struct {
	AccessKeyID string  `json:"AccessKeyId" required:"true" doc:"The SecretId."`
	TargetUin   *uint64 `json:"TargetUin" doc:"Accepted and ignored."`
}

const (
	keyActive   = "Active"
	keyInactive = "Inactive"
)

func (a *API) accessKeyActions() []action {
	return []action{
		row("CreateAccessKey", versionCAM, changes, "Makes a key that signs calls of this API. It can do everything, and is good at once.", a.createAccessKey),
		row("ListAccessKeys", versionCAM, reads, "Lists the keys of this API, without their secrets.", a.listAccessKeys),
		row("UpdateAccessKey", versionCAM, changes, "Makes a key good or no good from now on.", a.updateAccessKey),
		row("DeleteAccessKey", versionCAM, changes, "Deletes a key, which is no good from now on.", a.deleteAccessKey),
	}
}

func (a *API) createAccessKey(ctx context.Context, _ *Caller, q *CreateAccessKeyRequest) (*CreateAccessKeyResponse, error) {
	k, err := a.AccessKeys.Create(ctx, q.Description)
	if err != nil {
		return nil, err
	}
	return &CreateAccessKeyResponse{AccessKey: AccessKeyDetail{
		AccessKeyID: k.ID, SecretAccessKey: k.Secret, Status: statusOf(k), CreateTime: a.localTime(k.Create), Description: k.Description,
	}}, nil
}

func (a *API) listAccessKeys(context.Context, *Caller, *ListAccessKeysRequest) (*ListAccessKeysResponse, error) {
	out := &ListAccessKeysResponse{AccessKeys: []AccessKey{}}
	for _, k := range a.AccessKeys.List() {
		out.AccessKeys = append(out.AccessKeys, AccessKey{
			AccessKeyID: k.ID, Status: statusOf(k), CreateTime: a.localTime(k.Create), Description: k.Description,
			CreateTimeUTC: optionalTime(k.Create.Truncate(time.Second)), LastUsedTime: optionalTime(k.Used.Truncate(time.Second)), BuiltIn: k.First,
		})
	}
	return out, nil
}

func statusOf(k auth.AccessKey) string {
	if k.Active {
		return keyActive
	}
	return keyInactive
}

func (a *API) updateAccessKey(ctx context.Context, _ *Caller, q *UpdateAccessKeyRequest) (*None, error) {
	if q.Status != keyActive && q.Status != keyInactive {
		return nil, failf(codeParamError, "Status: %.32q is neither Active nor Inactive", q.Status)
	}
	return &None{}, a.AccessKeys.SetActive(ctx, q.AccessKeyID, q.Status == keyActive)
}

func (a *API) deleteAccessKey(ctx context.Context, _ *Caller, q *DeleteAccessKeyRequest) (*None, error) {
	return &None{}, a.AccessKeys.Delete(ctx, q.AccessKeyID)
}
