/** Clients of the three services: every path, parameter, body and answer is typed from the OpenAPI documents. */

import createClient from "openapi-fetch";

import type { paths as Analytics } from "./analytics.js";
import type { paths as Core } from "./crm-core.js";
import type { paths as Intake } from "./lead-intake.js";

export interface Access {
  intakeUrl: string;
  coreUrl: string;
  analyticsUrl: string;
  token: string;
}

/** One client a service. A refusal comes back as `error`, a problem of RFC 9457; nothing throws for it. */
export function leadflow(access: Access) {
  const headers = { Authorization: `Bearer ${access.token}` };
  return {
    intake: createClient<Intake>({ baseUrl: access.intakeUrl, headers }),
    core: createClient<Core>({ baseUrl: access.coreUrl, headers }),
    analytics: createClient<Analytics>({ baseUrl: access.analyticsUrl, headers }),
  };
}
