package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"afterimage/collector/admin"
)

type userCommand struct {
	Add      userAdd      `cmd:"" help:"Make an account and print its password once."`
	List     userList     `cmd:"" help:"List all accounts."`
	Password userPassword `cmd:"" help:"Give an account a new password and end all logins."`
	Link     userLink     `cmd:"" help:"Print a link that signs in once, within an hour."`
}

type userAdd struct {
	Name string `arg:"" help:"Name of the account."`
}

func (u *userAdd) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error { return printCredentials(a.AddUser(ctx, admin.User{Name: u.Name})) })
}

type userPassword struct {
	Name string `arg:"" default:"owner" help:"Name of the account."`
}

func (u *userPassword) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		return printCredentials(a.SetPassword(ctx, admin.User{Name: u.Name}))
	})
}

type userLink struct {
	Name string `arg:"" default:"owner" help:"Name of the account."`
}

func (u *userLink) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		return printCredentials(a.SignInLink(ctx, admin.User{Name: u.Name}))
	})
}

type userList struct{}

func (userList) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		list, err := a.Users(ctx)
		for _, u := range list {
			fmt.Println(u.Name)
		}
		return err
	})
}

func printCredentials(c admin.Credentials, err error) error {
	if err != nil {
		return err
	}
	if c.Password != "" {
		fmt.Printf("account   %s\npassword  %s\n", c.Name, c.Password)
	}
	if c.Token != "" {
		fmt.Println(c.Token)
	}
	if c.SignIn != "" {
		fmt.Println(c.SignIn)
		if strings.HasPrefix(c.SignIn, "/") {
			fmt.Fprintln(os.Stderr, "hint: start the collector and put this behind its address; it is good once, for an hour")
		}
	}
	return nil
}

type tokenCommand struct {
	Add    tokenAdd    `cmd:"" help:"Make a token for programs (replay --token) and print it once."`
	List   tokenList   `cmd:"" help:"List the names of all tokens."`
	Revoke tokenRevoke `cmd:"" help:"End a token at once."`
}

type tokenAdd struct {
	Name string `arg:"" help:"What it is for."`
	User string `name:"user" default:"owner" help:"Account as which it acts."`
}

func (t *tokenAdd) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		return printCredentials(a.AddToken(ctx, admin.Token{Name: t.Name, User: t.User}))
	})
}

type tokenList struct{}

func (tokenList) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		list, err := a.Tokens(ctx)
		for _, t := range list {
			fmt.Println(t.Name)
		}
		return err
	})
}

type tokenRevoke struct {
	Name string `arg:"" help:"Name of the token."`
}

func (t *tokenRevoke) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		return printCredentials(a.RevokeToken(ctx, admin.Token{Name: t.Name}))
	})
}
