package main

import (
	"context"
	"fmt"

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
	if c.SignIn != "" {
		fmt.Println(c.SignIn)
	}
	return nil
}
