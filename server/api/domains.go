package api

import (
	"context"
	"strings"
	"time"

	"aircheck/server/auth"
)

// DomainInfo is a domain as it is shown.
type DomainInfo struct {
	Name              string `json:"Name" doc:"The domain."`
	Type              uint64 `json:"Type" doc:"0 push, 1 play."`
	Status            uint64 `json:"Status" doc:"1 enabled, 0 disabled."`
	CreateTime        string `json:"CreateTime" doc:"When it was added, in the API's zone."`
	BCName            uint64 `json:"BCName" doc:"Always 0."`
	TargetDomain      string `json:"TargetDomain" doc:"Always empty."`
	PlayType          int64  `json:"PlayType" doc:"As it was set."`
	IsDelayLive       int64  `json:"IsDelayLive" doc:"As it was set."`
	CurrentCName      string `json:"CurrentCName" doc:"Always empty."`
	RentTag           int64  `json:"RentTag" doc:"Always 0."`
	RentExpireTime    string `json:"RentExpireTime" doc:"Always empty."`
	IsMiniProgramLive int64  `json:"IsMiniProgramLive" doc:"As it was set."`
	BuiltIn           bool   `json:"BuiltIn" doc:"Whether it stands for every host that is no domain of its own; it cannot be deleted. An addition of this server."`
}

// AddDomainRequest is the request of AddLiveDomain.
type AddDomainRequest struct {
	DomainName        string `json:"DomainName" required:"true" doc:"The domain: a host name, or an address."`
	DomainType        uint64 `json:"DomainType" required:"true" doc:"0 push, 1 play."`
	PlayType          *int64 `json:"PlayType" doc:"1 (default), 2 or 3. Stored and given back."`
	IsDelayLive       *int64 `json:"IsDelayLive" doc:"0 (default) or 1. Stored and given back."`
	IsMiniProgramLive *int64 `json:"IsMiniProgramLive" doc:"0 (default) or 1. Stored and given back."`
	VerifyOwnerType   string `json:"VerifyOwnerType" doc:"Accepted and ignored."`
}

// DeleteDomainRequest is the request of DeleteLiveDomain.
type DeleteDomainRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"The domain."`
	DomainType uint64 `json:"DomainType" required:"true" doc:"0 push, 1 play."`
}

// DomainRequest names a domain.
type DomainRequest struct {
	DomainName string `json:"DomainName" required:"true" doc:"The domain."`
}

// DomainResponse is the answer of DescribeLiveDomain.
type DomainResponse struct {
	DomainInfo DomainInfo `json:"DomainInfo" doc:"The domain."`
}

// DomainsRequest is the request of DescribeLiveDomains.
type DomainsRequest struct {
	DomainStatus *uint64 `json:"DomainStatus" doc:"1 lists the enabled, 0 the disabled ones."`
	DomainType   *uint64 `json:"DomainType" doc:"0 lists push, 1 play domains."`
	PageSize     *uint64 `json:"PageSize" doc:"1 to 100, default 10."`
	PageNum      *uint64 `json:"PageNum" doc:"From 1, the default, to 100000."`
	IsDelayLive  *uint64 `json:"IsDelayLive" doc:"Lists the domains stored with that value."`
	DomainPrefix string  `json:"DomainPrefix" doc:"Lists the domains that begin so."`
	PlayType     *uint64 `json:"PlayType" doc:"Lists the play domains stored with that value."`
}

// DomainsResponse is the answer of DescribeLiveDomains.
type DomainsResponse struct {
	AllCount         uint64       `json:"AllCount" doc:"How many domains match."`
	DomainList       []DomainInfo `json:"DomainList" doc:"Those of the page, by name."`
	CreateLimitCount int64        `json:"CreateLimitCount" doc:"How many more can be added."`
	PlayTypeCount    []int64      `json:"PlayTypeCount" doc:"How many play domains have PlayType 1, 2 and 3."`
}

// PushAuthKeyInfo is a push domain's key.
type PushAuthKeyInfo struct {
	DomainName    string `json:"DomainName" doc:"The push domain."`
	Enable        int64  `json:"Enable" doc:"1: pushes need a signed address. Who is exempt is the server's push.auth to say."`
	MasterAuthKey string `json:"MasterAuthKey" doc:"A key that signs addresses."`
	BackupAuthKey string `json:"BackupAuthKey" doc:"Another one that is as good; may be empty."`
	AuthDelta     uint64 `json:"AuthDelta" doc:"How long an address is good beyond its txTime, in seconds."`
}

// PushKeyResponse is the answer of DescribeLivePushAuthKey.
type PushKeyResponse struct {
	PushAuthKeyInfo PushAuthKeyInfo `json:"PushAuthKeyInfo" doc:"The key."`
}

// ModifyPushKeyRequest is the request of ModifyLivePushAuthKey.
type ModifyPushKeyRequest struct {
	DomainName    string  `json:"DomainName" required:"true" doc:"The push domain."`
	Enable        *int64  `json:"Enable" doc:"1: pushes need a signed address."`
	MasterAuthKey *string `json:"MasterAuthKey" doc:"A key that signs addresses: up to 128 printable ASCII characters. Empty keeps the present one."`
	BackupAuthKey *string `json:"BackupAuthKey" doc:"Another one. Empty keeps the present one."`
	RemoveBackup  *int64  `json:"RemoveBackup" doc:"1: takes the other one away."`
	AuthDelta     *uint64 `json:"AuthDelta" doc:"Seconds beyond txTime, 0 to 315360000."`
}

func (a *API) domainActions() []action {
	return []action{
		row("AddLiveDomain", versionLive, changes, "Adds a push or play domain. A push domain gets a random key.", a.addDomain),
		row("DeleteLiveDomain", versionLive, changes,
			"Deletes a domain that no rule names and that is not the built-in one.", a.deleteDomain),
		row("DescribeLiveDomain", versionLive, reads, "Shows one domain.", a.describeDomain),
		row("DescribeLiveDomains", versionLive, reads, "Lists domains.", a.describeDomains),
		row("EnableLiveDomain", versionLive, changes, "Lets a domain be pushed to again.", a.enableDomain),
		row("ForbidLiveDomain", versionLive, changes, "Refuses pushes to a domain from now on.", a.forbidDomain),
		row("DescribeLivePushAuthKey", versionLive, reads, "Shows the push key of a domain.", a.describePushKey),
		row("ModifyLivePushAuthKey", versionLive, changes,
			"Changes the push key of a domain; what is absent or empty stays as it is. Pushes under way are not touched.", a.modifyPushKey),
	}
}

func (a *API) addDomain(ctx context.Context, _ *Caller, q *AddDomainRequest) (*None, error) {
	kind, err := domainType(q.DomainType)
	if err != nil {
		return nil, err
	}
	d, err := auth.NewDomain(q.DomainName, kind)
	if err != nil {
		return nil, err
	}
	if q.PlayType != nil {
		if *q.PlayType < 1 || *q.PlayType > 3 {
			return nil, failf(codeInvalid, "PlayType: %d is not 1, 2 or 3", *q.PlayType)
		}
		d.PlayType = int(*q.PlayType)
	}
	if err := assignFlag("IsDelayLive", &d.IsDelayLive, q.IsDelayLive); err != nil {
		return nil, err
	}
	if err := assignFlag("IsMiniProgramLive", &d.IsMiniProgramLive, q.IsMiniProgramLive); err != nil {
		return nil, err
	}
	return &None{}, a.Domains.Add(ctx, d)
}

func domainType(n uint64) (auth.DomainType, error) {
	if n > 1 {
		return 0, failf(codeInvalid, "DomainType: %d is neither 0 (push) nor 1 (play)", n)
	}
	return auth.DomainType(n), nil
}

func (a *API) deleteDomain(ctx context.Context, _ *Caller, q *DeleteDomainRequest) (*None, error) {
	kind, err := domainType(q.DomainType)
	if err != nil {
		return nil, err
	}
	return &None{}, a.Domains.Delete(ctx, q.DomainName, kind)
}

func (a *API) describeDomain(_ context.Context, _ *Caller, q *DomainRequest) (*DomainResponse, error) {
	d, err := a.Domains.Describe(q.DomainName)
	if err != nil {
		return nil, err
	}
	return &DomainResponse{DomainInfo: a.showDomain(d)}, nil
}

func (a *API) showDomain(d auth.Domain) DomainInfo {
	return DomainInfo{
		Name: d.Name, Type: uint64(d.Type), Status: uint64(number(d.Enabled)), CreateTime: a.localTime(d.CreateTime),
		PlayType: int64(d.PlayType), IsDelayLive: number(d.IsDelayLive), IsMiniProgramLive: number(d.IsMiniProgramLive), BuiltIn: d.BuiltIn,
	}
}

func (a *API) describeDomains(_ context.Context, _ *Caller, q *DomainsRequest) (*DomainsResponse, error) {
	p, err := pageOf(q.PageNum, q.PageSize)
	if err != nil {
		return nil, err
	}
	all := a.Domains.List()
	out := &DomainsResponse{
		CreateLimitCount: int64(max(0, auth.MaxDomains-len(all))), PlayTypeCount: make([]int64, 3),
	}
	var matching []DomainInfo
	for _, d := range all {
		if d.Type == auth.PlayDomain && d.PlayType >= 1 && d.PlayType <= 3 {
			out.PlayTypeCount[d.PlayType-1]++
		}
		if info := a.showDomain(d); q.matches(info) {
			matching = append(matching, info)
		}
	}
	out.AllCount = uint64(len(matching))
	out.DomainList = cut(matching, p)
	return out, nil
}

func (q *DomainsRequest) matches(d DomainInfo) bool {
	is := func(want *uint64, have uint64) bool { return want == nil || *want == have }
	return is(q.DomainStatus, d.Status) && is(q.DomainType, d.Type) && is(q.IsDelayLive, uint64(d.IsDelayLive)) &&
		(q.PlayType == nil || d.Type == uint64(auth.PlayDomain) && is(q.PlayType, uint64(d.PlayType))) &&
		strings.HasPrefix(d.Name, strings.ToLower(q.DomainPrefix))
}

func (a *API) enableDomain(ctx context.Context, _ *Caller, q *DomainRequest) (*None, error) {
	return &None{}, a.Domains.Enable(ctx, q.DomainName)
}

func (a *API) forbidDomain(ctx context.Context, _ *Caller, q *DomainRequest) (*None, error) {
	return &None{}, a.Domains.Forbid(ctx, q.DomainName)
}

func (a *API) describePushKey(_ context.Context, _ *Caller, q *DomainRequest) (*PushKeyResponse, error) {
	k, err := a.Domains.PushKey(q.DomainName)
	if err != nil {
		return nil, err
	}
	return &PushKeyResponse{PushAuthKeyInfo: PushAuthKeyInfo{
		DomainName: auth.CleanHost(q.DomainName), Enable: number(k.Enable), MasterAuthKey: k.Master, BackupAuthKey: k.Backup,
		AuthDelta: uint64(k.Delta / time.Second),
	}}, nil
}

func (a *API) modifyPushKey(ctx context.Context, _ *Caller, q *ModifyPushKeyRequest) (*None, error) {
	c, err := keyChange(q.Enable, q.MasterAuthKey, q.BackupAuthKey, q.RemoveBackup, q.AuthDelta)
	if err != nil {
		return nil, err
	}
	return &None{}, a.Domains.ModifyPushKey(ctx, q.DomainName, c)
}

func nonEmpty(s *string) *string {
	if s == nil || *s == "" {
		return nil
	}
	return s
}
