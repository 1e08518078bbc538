/** A lead from its list to a won deal and the funnel, as a front end would do it. It is compiled with the client. */

import { leadflow, type Access } from "./leadflow.js";

/** Takes the newest lead that nobody works on; answers the id of the won deal, or why there is none. */
export async function winNewestLead(access: Access, by: { today: string }): Promise<string> {
  const { core, analytics } = leadflow(access);

  const page = await core.GET("/v1/leads", { params: { query: { status: "new,assigned", sort: "-created_at", limit: 1 } } });
  if (page.error) return page.error.title;
  const lead = page.data.items[0];
  if (!lead) return "There is no lead to work on.";

  const path = { lead_id: lead.id };
  const started = await core.POST("/v1/leads/{lead_id}/start", { params: { path }, body: {} });
  if (started.error) return started.error.detail ?? started.error.title;

  const converted = await core.POST("/v1/leads/{lead_id}/convert", {
    params: { path, header: { "Idempotency-Key": `convert-${lead.id}` } },
    body: { deal: { name: lead.subject ?? "Deal" } },
  });
  if (converted.error) return converted.error.detail ?? converted.error.title;
  const dealId = converted.data.deal_id;
  if (!dealId) return "The lead became a contact without a deal.";

  const won = await core.POST("/v1/deals/{deal_id}/win", {
    params: { path: { deal_id: dealId } },
    body: { amount: { amount: "15000.00", currency: "RUB" } },
  });
  if (won.error) return won.error.detail ?? won.error.title;

  const funnel = await analytics.GET("/v1/funnel", { params: { query: { from: by.today, basis: "period" } } });
  // Tables in other formats come as text; without `Accept` the answer is JSON.
  if (typeof funnel.data !== "object") return dealId;
  return `${dealId}: ${funnel.data.steps.map((step) => `${step.key} ${step.entered}`).join(", ")}`;
}
