export interface Database {
  /** With the account of the services, which creates databases. */
  url: string;
  administratorUrl: string;
}

export interface ManagementLogin {
  user: string;
  passwordFile: string;
}

export interface Broker {
  /** With the account of the services. */
  url: string;
  administratorUrl: string;
  managementUrl?: string;
  managementLogin?: ManagementLogin;
}
