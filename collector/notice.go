package main

import "afterimage/collector/admin"

// noticeFlags are what a site's privacy page says.
type noticeFlags struct {
	Contact       *string `name:"contact" placeholder:"ADDRESS" help:"Whom visitors can ask: a mail address or an https URL."`
	RetentionDays *int    `name:"retention-days" placeholder:"DAYS" help:"Recordings are erased so long after their last activity; 0: never."`
	Viewers       *string `name:"viewers" placeholder:"TEXT" help:"Who can see recordings, in your words."`
	ConsentText   *string `name:"consent-text" placeholder:"TEXT" help:"What your pages ask visitors; a new text asks everybody again."`
	VisitorDays   *int    `name:"visitor-days" placeholder:"DAYS" help:"The option visitorDays of your pages, for the privacy page."`
	CookieDomain  *string `name:"cookie-domain" placeholder:"DOMAIN" help:"The option cookieDomain of your pages, for the privacy page."`
	Keystrokes    *bool   `name:"keystrokes" negatable:"" help:"The option capture.keystrokes of your pages, for the privacy page and checks; it is on where they say nothing."`
}

func (f noticeFlags) change() admin.NoticeChange {
	return admin.NoticeChange{Contact: f.Contact, RetentionDays: f.RetentionDays, Viewers: f.Viewers, ConsentText: f.ConsentText,
		VisitorDays: f.VisitorDays, CookieDomain: f.CookieDomain, Keystrokes: f.Keystrokes}
}
